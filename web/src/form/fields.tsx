import type { ComponentChildren, JSX } from 'preact';
import { useId, useState } from 'preact/hooks';
import { Button } from '../design/button.tsx';
import { Icon } from '../design/icon.tsx';
import { useTexts } from '../texts/texts.tsx';
import type { Submission } from './use-submit.ts';

type FieldProps = {
  name: string;
  label: string;
  form: Submission;
  hint?: ComponentChildren;
  isOptional?: boolean;
};

type TextFieldProps = FieldProps &
  Pick<
    JSX.IntrinsicElements['input'],
    | 'type'
    | 'autocomplete'
    | 'defaultValue'
    | 'maxLength'
    | 'inputMode'
    | 'spellcheck'
    | 'placeholder'
  > & { hasFocus?: boolean };

/** A label, its input, and below it a hint and what is wrong. */
export function TextField({
  name,
  label,
  form,
  hint,
  isOptional = false,
  hasFocus = false,
  ...input
}: TextFieldProps) {
  const { ids, fault } = useField(name, form, hint !== undefined);
  return (
    <Field {...{ ids, label, hint, fault, isOptional }}>
      <input
        class="input"
        id={ids.input}
        name={name}
        required={!isOptional}
        aria-invalid={fault !== undefined}
        aria-describedby={ids.describedBy}
        autocapitalize="none"
        // biome-ignore lint/a11y/noAutofocus: the first field of a page that is there for this form
        autoFocus={hasFocus}
        onInput={form.onType}
        {...input}
      />
    </Field>
  );
}

/** One's own address, where a page begins with it. */
export function EmailField({ form }: { form: Submission }) {
  const t = useTexts();
  return (
    <TextField
      name="email"
      type="email"
      label={t.fields.email}
      form={form}
      autocomplete="email"
      hasFocus
    />
  );
}

type PasswordFieldProps = FieldProps & {
  /** The one in use, not a new one. */
  isCurrent?: boolean;
  hasFocus?: boolean;
  onValue?: (value: string) => void;
};

export function PasswordField({
  name,
  label,
  form,
  hint,
  isCurrent = false,
  ...props
}: PasswordFieldProps) {
  const t = useTexts();
  const [isShown, setShown] = useState(false);
  const { ids, fault } = useField(name, form, hint !== undefined);
  return (
    <Field {...{ ids, label, hint, fault }}>
      <div class="with-button">
        <input
          class="input"
          id={ids.input}
          name={name}
          type={isShown ? 'text' : 'password'}
          autocomplete={isCurrent ? 'current-password' : 'new-password'}
          required
          aria-invalid={fault !== undefined}
          aria-describedby={ids.describedBy}
          // biome-ignore lint/a11y/noAutofocus: the first field of a page that is there for this form
          autoFocus={props.hasFocus ?? false}
          onInput={(event) => {
            form.onType();
            props.onValue?.(event.currentTarget.value);
          }}
        />
        <Button
          look="bare"
          isCompact
          icon={isShown ? 'eye-off' : 'eye'}
          label={isShown ? t.fields.hidePassword : t.fields.showPassword}
          pressed={isShown}
          onClick={() => setShown(!isShown)}
        />
      </div>
    </Field>
  );
}

type Ids = { input: string; hint: string; fault: string; describedBy: string | undefined };
type FrameProps = {
  ids: Ids;
  label: string;
  hint: ComponentChildren;
  fault: string | undefined;
  isOptional?: boolean;
  children: ComponentChildren;
};

function Field({ ids, label, hint, fault, isOptional = false, children }: FrameProps) {
  const t = useTexts();
  return (
    <div class="field">
      <label for={ids.input}>
        {label}
        {isOptional && <span class="quiet"> · {t.optional}</span>}
      </label>
      {children}
      {hint !== undefined && (
        <div class="hint" id={ids.hint}>
          {hint}
        </div>
      )}
      <div id={ids.fault} role="alert">
        {fault !== undefined && (
          <p class="fault">
            <Icon name="alert" />
            {fault}
          </p>
        )}
      </div>
    </div>
  );
}

function useField(name: string, { problem }: Submission, hasHint: boolean) {
  const input = useId();
  const fault = problem?.faults[name];
  const ids = { input, hint: `${input}-hint`, fault: `${input}-fault` };
  const describedBy = [fault !== undefined && ids.fault, hasHint && ids.hint]
    .filter(Boolean)
    .join(' ');
  return { fault, ids: { ...ids, describedBy: describedBy || undefined } };
}
