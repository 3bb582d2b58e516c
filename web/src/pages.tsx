import { ErrorBoundary, lazy, Route, Router } from 'preact-iso';
import { NotFoundPage } from './not-found-page.tsx';
import { AdminSignInPage, UserSignInPage } from './sign-in/sign-in-page.tsx';

const AccountPages = {
  '/app': lazy(() => import('./profile/profile-page.tsx')),
  '/app/security': lazy(() => import('./account/security-page.tsx')),
  '/app/activity': lazy(() => import('./security-events/activity-page.tsx')),
  '/app/privacy': lazy(() => import('./account/privacy-page.tsx')),
  '/app/sign-up': lazy(() => import('./registration/sign-up-page.tsx')),
  '/app/sign-in-link': lazy(() => import('./email-sign-in/sign-in-link-page.tsx')),
  '/app/forgot-password': lazy(() => import('./password-reset/forgot-password-page.tsx')),
  '/app/design': lazy(() => import('./design/design-page.tsx')),
  '/app/setup': lazy(() => import('./first-admin/setup-page.tsx')),
};

const Console = lazy(() => import('./admin/console.tsx'));

/** Each page is loaded when it is first opened; sign-in comes with the first load. */
export function Pages() {
  return (
    <ErrorBoundary>
      <Router onRouteChange={startAtTop}>
        <Route path="/app/sign-in" component={UserSignInPage} />
        <Route path="/app/admin/sign-in" component={AdminSignInPage} />
        {Object.entries(AccountPages).map(([path, component]) => (
          <Route key={path} path={path} component={component} />
        ))}
        <Route path="/app/admin/*" component={Console} />
        <Route path="/app/admin" component={Console} />
        <Route default component={NotFoundPage} />
      </Router>
    </ErrorBoundary>
  );
}

let shownPath = location.pathname;

/** A new page begins at its top; a filter in the address is no new page. */
function startAtTop(url: string): void {
  const [path = ''] = url.split('?');
  if (path === shownPath) return;
  shownPath = path;
  scrollTo(0, 0);
  document.getElementById('content')?.focus({ preventScroll: true });
}
