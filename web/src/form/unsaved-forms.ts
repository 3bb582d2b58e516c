const unsaved = new Set<object>();

/** Whether something was typed on this page that was not sent yet. */
export function hasUnsavedForm(): boolean {
  return unsaved.size > 0;
}

export function markUnsaved(form: object, isUnsaved: boolean): void {
  if (isUnsaved) unsaved.add(form);
  else unsaved.delete(form);
}
