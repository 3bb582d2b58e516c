/**
 * The required headers, deliberately not imported from the source: the tests are an independent
 * second copy.
 */
export const forAll: Readonly<Record<string, string>> = {
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'x-xss-protection': '0',
  'referrer-policy': 'no-referrer',
  'permissions-policy':
    'accelerometer=(), camera=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), payment=(), usb=()',
  'x-permitted-cross-domain-policies': 'none',
  'cross-origin-resource-policy': 'same-origin',
};

export const apiPolicy =
  "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

export const pagePolicy = policyWithStyles("'self'");

/** For the mailbox, which shows mails in frames. */
export const mailboxPolicy = pagePolicy.replace('form-action', "frame-src 'self'; form-action");

/** For Swagger UI, which sets styles by script. */
export const documentationPolicy = policyWithStyles("'self' 'unsafe-inline'");

function policyWithStyles(styles: string): string {
  return (
    `default-src 'none'; script-src 'self'; style-src ${styles}; img-src 'self' data:; font-src 'self'; ` +
    "connect-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
  );
}
