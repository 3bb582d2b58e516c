import type { UserDetail } from '../../../../client/src/api.ts';
import { CopyButton } from '../../design/copy-button.tsx';
import { Panel } from '../../design/panel.tsx';
import { useFormat } from '../../texts/format.ts';
import { useTexts } from '../../texts/texts.tsx';

export function UserFacts({ user }: { user: UserDetail }) {
  const t = useTexts();
  const words = t.admin.user;
  const format = useFormat();
  const factorsOf = ({ second_factor_kinds: kinds }: UserDetail) =>
    kinds.map((kind) => words.factorKinds[kind]).join(', ') || words.noSecondFactor;
  const facts: [string, string | null][] = [
    [t.fields.username, user.username ?? '–'],
    [t.fields.fullName, user.full_name ?? '–'],
    [words.created, format.dateTime(user.created_at)],
    [words.updated, format.dateTime(user.updated_at)],
    [words.lastSignIn, user.last_login_at === null ? words.never : format.ago(user.last_login_at)],
    [words.deletedAt, user.deleted_at === null ? null : format.dateTime(user.deleted_at)],
    [words.secondFactor, factorsOf(user)],
    [words.legacyId, user.legacy_id],
  ];
  return (
    <Panel title={words.profile}>
      <dl class="facts">
        {facts
          .filter(([, value]) => value !== null)
          .map(([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
        <dt>{words.id}</dt>
        <dd class="row id-fact">
          <code class="small">{user.id}</code>
          <CopyButton text={user.id} />
        </dd>
      </dl>
    </Panel>
  );
}
