import { Avatar } from '../design/avatar.tsx';
import { Button } from '../design/button.tsx';
import { Panel } from '../design/panel.tsx';
import { say } from '../design/toast.tsx';
import { Problem } from '../form/problem.tsx';
import { useSubmit } from '../form/use-submit.ts';
import { useOwnAccount } from '../session/own-account.tsx';
import { ownAccountKey, queries } from '../session/queries.ts';
import { settings } from '../session/settings.ts';
import { useFormat } from '../texts/format.ts';
import { useTexts } from '../texts/texts.tsx';
import { NameFields } from './name-fields.tsx';

export function NamesPanel() {
  const t = useTexts();
  const format = useFormat();
  const { account, realm } = useOwnAccount();
  const mayBeNameless = realm.name === 'user' && settings.usernames === 'optional';
  const form = useSubmit(async ({ full_name = '', username = '' }) => {
    const changed = await realm.update({ full_name: full_name.trim(), username: username.trim() });
    queries.setQueryData(ownAccountKey(realm.name), changed);
    say(t.saved);
  });
  return (
    <Panel title={t.account.profile.namesTitle} text={t.account.profile.text}>
      <form class="stack" onSubmit={form.onSubmit} noValidate>
        <div class="row">
          <Avatar of={account} isLarge />
          <div>
            <strong>{account.full_name ?? account.username ?? account.email}</strong>
            <div class="quiet small">
              {t.account.profile.joined(format.date(account.created_at))}
            </div>
          </div>
        </div>
        <NameFields form={form} of={account} mayBeNameless={mayBeNameless} isOwn />
        <Problem of={form} />
        <div class="row">
          <Button type="submit" look="primary" isBusy={form.isBusy}>
            {t.save}
          </Button>
        </div>
      </form>
    </Panel>
  );
}
