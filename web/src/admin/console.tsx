import { useEffect, useRef, useState } from 'preact/hooks';
import { lazy, Route, Router, useLocation } from 'preact-iso';
import { Brand } from '../design/brand.tsx';
import { Button } from '../design/button.tsx';
import { NotFoundPage } from '../not-found-page.tsx';
import { RequireAccount } from '../session/own-account.tsx';
import { useTexts } from '../texts/texts.tsx';
import { CommandPalette, usePaletteKey } from './command-palette/command-palette.tsx';
import { ConsoleSide } from './console-side.tsx';
import { ConsoleWaiting } from './console-waiting.tsx';
import { OverviewPage } from './overview/overview-page.tsx';

const UsersPage = lazy(() => import('./users/users-page.tsx'));
const UserPage = lazy(() => import('./user/user-page.tsx'));
const AdminsPage = lazy(() => import('./admins/admins-page.tsx'));
const AuditPage = lazy(() => import('./audit-events/audit-page.tsx'));
const MailsPage = lazy(() => import('./mails/mails-page.tsx'));
const SystemPage = lazy(() => import('./system/system-page.tsx'));
const OwnAccountPage = lazy(() => import('./own-account/own-account-page.tsx'));

/** The frame of the admin console, and the page in it. */
export default function Console() {
  const t = useTexts();
  const [isSearching, setSearching] = useState(false);
  usePaletteKey(() => setSearching(true));
  return (
    <RequireAccount realm="admin" waiting={<ConsoleWaiting />}>
      <a class="skip-link" href="#content">
        {t.skip}
      </a>
      <div class="console">
        <aside class="console-side">
          <ConsoleSide onSearch={() => setSearching(true)} />
        </aside>
        <ConsoleBar onSearch={() => setSearching(true)} />
        <main id="content" class="console-main" tabIndex={-1}>
          <Router>
            <Route path="/" component={OverviewPage} />
            <Route path="/users" component={UsersPage} />
            <Route path="/users/:id" component={UserPage} />
            <Route path="/admins" component={AdminsPage} />
            <Route path="/audit" component={AuditPage} />
            <Route path="/mails" component={MailsPage} />
            <Route path="/system" component={SystemPage} />
            <Route path="/account" component={OwnAccountPage} />
            <Route default component={NotFoundPage} />
          </Router>
        </main>
      </div>
      {isSearching && <CommandPalette onClose={() => setSearching(false)} />}
    </RequireAccount>
  );
}

/** On a narrow screen: the same navigation in a drawer. */
function ConsoleBar({ onSearch }: { onSearch: () => void }) {
  const t = useTexts();
  const drawer = useRef<HTMLDialogElement>(null);
  const { path } = useLocation();
  useEffect(() => drawer.current?.close(), [path]);
  return (
    <header class="top console-bar">
      <Button look="bare" icon="menu" label={t.menu} onClick={() => drawer.current?.showModal()} />
      <Brand href="/app/admin" />
      <span class="grow" />
      <Button look="bare" icon="search" label={t.admin.find} onClick={onSearch} />
      <dialog ref={drawer} class="console-drawer" aria-label={t.menu}>
        <ConsoleSide
          onSearch={() => {
            drawer.current?.close();
            onSearch();
          }}
        />
      </dialog>
    </header>
  );
}
