/** Of those who develop the service. */
export const developmentPaths = ['/app/design'];

/** The addresses of the pages that `web/src/pages.tsx` shows; all others under `/app` are a 404. */
export const pagePaths = [
  '/app',
  '/app/security',
  '/app/activity',
  '/app/privacy',
  '/app/sign-in',
  '/app/sign-in-link',
  '/app/sign-up',
  '/app/forgot-password',
  '/app/setup',
  '/app/admin',
  '/app/admin/sign-in',
  '/app/admin/users',
  '/app/admin/users/:id',
  '/app/admin/admins',
  '/app/admin/audit',
  '/app/admin/mails',
  '/app/admin/system',
  '/app/admin/account',
];
