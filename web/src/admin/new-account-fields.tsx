import { TextField } from '../form/fields.tsx';
import type { Submission } from '../form/use-submit.ts';
import { useTexts } from '../texts/texts.tsx';

type NewAccountFieldsProps = { form: Submission; mayBeNameless?: boolean };

/** What identifies a new user or admin; nothing that the browser knows of its own user fits. */
export function NewAccountFields({ form, mayBeNameless = false }: NewAccountFieldsProps) {
  const t = useTexts().fields;
  return (
    <>
      <TextField
        name="email"
        type="email"
        label={t.email}
        form={form}
        autocomplete="off"
        hasFocus
      />
      <TextField
        name="username"
        label={t.username}
        form={form}
        autocomplete="off"
        spellcheck={false}
        isOptional={mayBeNameless}
      />
    </>
  );
}
