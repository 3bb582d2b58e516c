import { Dialog } from '../design/dialog.tsx';
import { EntryForm } from '../form/entry-form.tsx';
import { PasswordField } from '../form/fields.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useTexts } from '../texts/texts.tsx';
import { ownAccountKey, queries } from './queries.ts';
import type { OwnAccount, Realm } from './realms.ts';

/** Above a page whose session has ended, so that what was typed there is not lost. */
export function SignInAgain({ realm, account }: { realm: Realm; account: OwnAccount }) {
  const t = useTexts();
  const form = useSubmit(async ({ password = '' }) => {
    await realm.client.signIn({ username: account.username ?? account.email, password });
    await queries.invalidateQueries({ queryKey: ownAccountKey(realm.name) });
  });
  return (
    <Dialog title={t.account.signIn.again} onClose={() => location.assign(realm.signInPage)}>
      <p class="quiet">{t.problem.sessionEnded}</p>
      <EntryForm form={form} submit={t.account.signIn.submit}>
        <PasswordField name="password" label={t.fields.password} form={form} isCurrent />
      </EntryForm>
    </Dialog>
  );
}
