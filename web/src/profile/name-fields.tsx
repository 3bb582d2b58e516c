import { TextField } from '../form/fields.tsx';
import type { Submission } from '../form/use-submit.ts';
import { useTexts } from '../texts/texts.tsx';

type NameFieldsProps = {
  form: Submission;
  of: { full_name: string | null; username: string | null };
  mayBeNameless: boolean;
  /** The account of the reader, whose names the browser may know. */
  isOwn?: boolean;
};

export function NameFields({ form, of, mayBeNameless, isOwn = false }: NameFieldsProps) {
  const t = useTexts().fields;
  return (
    <>
      <TextField
        name="full_name"
        label={t.fullName}
        form={form}
        autocomplete={isOwn ? 'name' : 'off'}
        defaultValue={of.full_name ?? ''}
        isOptional
      />
      <TextField
        name="username"
        label={t.username}
        form={form}
        autocomplete={isOwn ? 'username' : 'off'}
        spellcheck={false}
        defaultValue={of.username ?? ''}
        isOptional={mayBeNameless}
      />
    </>
  );
}
