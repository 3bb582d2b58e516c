import { useEffect, useState } from 'preact/hooks';
import { PasswordField } from '../form/fields.tsx';
import type { Submission } from '../form/use-submit.ts';
import { settings } from '../session/settings.ts';
import { useLanguage, useTexts } from '../texts/texts.tsx';
import type { DescribedStrength } from './describe-strength.ts';

type NewPasswordFieldProps = {
  name: string;
  label: string;
  form: Submission;
  realm: 'user' | 'admin';
};

/** A password field that says, while one types, how good the password is and why. */
export function NewPasswordField({ name, label, form, realm }: NewPasswordFieldProps) {
  const [value, setValue] = useState('');
  const strength = useStrength(value);
  return (
    <PasswordField
      name={name}
      label={label}
      form={form}
      onValue={setValue}
      hint={
        <StrengthMeter
          strength={value === '' ? null : strength}
          shortest={settings.password_min_length[realm]}
        />
      }
    />
  );
}

function StrengthMeter({
  strength,
  shortest,
}: {
  strength: DescribedStrength | null;
  shortest: number;
}) {
  const t = useTexts().strength;
  return (
    <div class="meter" data-score={strength?.score ?? 0}>
      <div class="meter-bars" aria-hidden="true">
        <i />
        <i />
        <i />
        <i />
      </div>
      <span aria-live="polite">{strength?.words ?? t.short(shortest)}</span>
    </div>
  );
}

/** Loads the word lists once somebody types. */
function useStrength(value: string): DescribedStrength | null {
  const { language } = useLanguage();
  const [strength, setStrength] = useState<DescribedStrength | null>(null);
  useEffect(() => {
    if (value === '') return;
    let isOutdated = false;
    const measure = async () => {
      const { describeStrength } = await import('./describe-strength.ts');
      if (!isOutdated) setStrength(describeStrength(value, language, [settings.project_name]));
    };
    void measure();
    return () => {
      isOutdated = true;
    };
  }, [value, language]);
  return strength;
}
