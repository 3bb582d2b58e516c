import { useQuery } from '@tanstack/preact-query';
import { useRoute } from 'preact-iso';
import type { UserDetail } from '../../../../client/src/api.ts';
import { ApiError } from '../../../../client/src/client.ts';
import { Avatar } from '../../design/avatar.tsx';
import { Button, ButtonLink } from '../../design/button.tsx';
import { Icon } from '../../design/icon.tsx';
import { PageTitle } from '../../design/page-title.tsx';
import { Skeleton } from '../../design/skeleton.tsx';
import { say } from '../../design/toast.tsx';
import { LoadProblem, Problem } from '../../form/problem.tsx';
import { useSubmit } from '../../form/use-submit.ts';
import { queries } from '../../session/queries.ts';
import { useTexts } from '../../texts/texts.tsx';
import { adminClient } from '../admin-client.ts';
import { nameOf, UserBadges } from '../users/user-columns.tsx';
import { MetadataPanel } from './metadata-panel.tsx';
import { UserActions } from './user-actions.tsx';
import { UserEventsPanel } from './user-events-panel.tsx';
import { UserFacts } from './user-facts.tsx';
import { UserMailsPanel } from './user-mails-panel.tsx';
import { UserSessionsPanel } from './user-sessions-panel.tsx';

export default function UserPage() {
  const { params } = useRoute();
  const id = params.id ?? '';
  const { data, error, refetch } = useQuery({
    queryKey: ['admin', 'user', id],
    queryFn: () => adminClient.exchange('GET /api/admins/users/{id}', { path: { id } }),
  });
  if (error instanceof ApiError && [404, 422].includes(error.status)) return <NoSuchUser />;
  if (error && !data) return <LoadProblem error={error} retry={() => void refetch()} />;
  if (!data) return <Waiting />;
  return <LoadedUser user={data.data} etag={data.etag} />;
}

function LoadedUser({ user, etag }: { user: UserDetail; etag: string | null }) {
  const t = useTexts();
  return (
    <>
      <PageTitle>{nameOf(user)}</PageTitle>
      <header class="page-head">
        <div class="row">
          <Avatar of={user} isLarge />
          <div>
            <h1>{user.full_name ?? nameOf(user)}</h1>
            <div class="row">
              <span class="quiet">{user.email}</span>
              {user.deleted_at === null && <UserBadges user={user} t={t} />}
            </div>
          </div>
        </div>
        <UserActions user={user} etag={etag} />
      </header>
      <StateNotice user={user} />
      <div class="columns">
        <div>
          <UserSessionsPanel user={user} />
          <UserMailsPanel user={user} />
          <UserEventsPanel id={user.id} />
        </div>
        <div>
          <UserFacts user={user} />
          <MetadataPanel key={etag} user={user} etag={etag} />
        </div>
      </div>
    </>
  );
}

function StateNotice({ user }: { user: UserDetail }) {
  const t = useTexts().admin.user;
  if (user.deleted_at === null && user.is_active)
    return user.is_invited ? <InvitedNotice id={user.id} /> : null;
  return (
    <div class={user.deleted_at === null ? 'notice warn' : 'notice bad'}>
      <Icon name="alert" />
      {user.deleted_at === null ? t.isInactive : t.isDeleted}
    </div>
  );
}

function InvitedNotice({ id }: { id: string }) {
  const t = useTexts().admin.user;
  const form = useSubmit(async () => {
    await adminClient.call('POST /api/admins/users/{id}/resend-invitation', { path: { id } });
    say(t.resent);
    await queries.invalidateQueries({ queryKey: ['admin'] });
  });
  return (
    <form class="stack" onSubmit={form.onSubmit}>
      <div class="notice row apart">
        <span>{t.isInvited}</span>
        <Button type="submit" icon="mail" isCompact isBusy={form.isBusy}>
          {t.resend}
        </Button>
      </div>
      <Problem of={form} />
    </form>
  );
}

function NoSuchUser() {
  const t = useTexts().admin;
  return (
    <div class="panel empty">
      <PageTitle>{t.user.notFound}</PageTitle>
      <h1>{t.user.notFound}</h1>
      <p>{t.user.notFoundText}</p>
      <ButtonLink href="/app/admin/users">{t.nav.users}</ButtonLink>
    </div>
  );
}

function Waiting() {
  return (
    <>
      <Skeleton width="16rem" />
      <div class="columns">
        <div class="panel panel-body stack">
          <Skeleton width="40%" />
          <Skeleton width="70%" />
          <Skeleton width="55%" />
        </div>
        <div class="panel panel-body stack">
          <Skeleton width="60%" />
          <Skeleton width="80%" />
        </div>
      </div>
    </>
  );
}
