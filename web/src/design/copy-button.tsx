import { useTexts } from '../texts/texts.tsx';
import { Button } from './button.tsx';
import { say } from './toast.tsx';

export function CopyButton({ text }: { text: string }) {
  const t = useTexts();
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    say(t.copied);
  };
  return <Button look="bare" isCompact icon="copy" label={t.copy} onClick={() => void copy()} />;
}
