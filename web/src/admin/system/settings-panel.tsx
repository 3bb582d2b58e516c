import { Panel } from '../../design/panel.tsx';
import { settings } from '../../session/settings.ts';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';

/** What the pages themselves go by. */
export function SettingsPanel() {
  const t = useTexts().admin.system;
  const format = useFormat();
  const rows: [string, string][] = [
    [t.project, settings.project_name],
    [t.passwords, format.number(settings.password_min_length.user)],
    [t.adminPasswords, format.number(settings.password_min_length.admin)],
    [t.usernames, settings.usernames === 'required' ? t.usernamesRequired : t.usernamesOptional],
    [t.grace, t.days(settings.deleted_user_grace_days)],
    [t.documentation, settings.documentation ? t.on : t.off],
  ];
  return (
    <Panel title={t.setup}>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </>
        ))}
      </dl>
    </Panel>
  );
}
