import { useEffect, useState } from 'preact/hooks';
import { Icon } from './icon.tsx';

const shownMilliseconds = 5000;

let show: (text: string) => void = () => undefined;

/** Says that something was done, for a few seconds. */
export function say(text: string): void {
  show(text);
}

/** A live region: screen readers read out what appears in it. */
export function Toasts() {
  const [toast, setToast] = useState<{ text: string } | null>(null);
  useEffect(() => {
    show = (text) => setToast({ text });
  }, []);
  useEffect(() => {
    if (toast === null) return;
    const timer = setTimeout(() => setToast(null), shownMilliseconds);
    return () => clearTimeout(timer);
  }, [toast]);
  return (
    <div class="toasts" role="status" aria-live="polite">
      {toast && (
        <div class="toast">
          <Icon name="check" />
          {toast.text}
        </div>
      )}
    </div>
  );
}
