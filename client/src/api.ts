// Generated from the API's document: node scripts/check-docs.ts --write

export type PasskeyCreationInput = { id: string; rawId: string; type: "public-key"; response: { clientDataJSON: string; attestationObject: string; transports?: (string)[]; }; };

export type PasskeyAssertionInput = { id: string; rawId: string; type: "public-key"; response: { clientDataJSON: string; authenticatorData: string; signature: string; userHandle?: string | null; }; };

export type Message = { message: string; };

export type Error = { /** The name of the error, from a closed list */ error: "BadRequestError" | "AuthenticationError" | "AuthorizationError" | "NotFoundError" | "MethodNotAllowedError" | "RequestTimeoutError" | "ConflictError" | "DuplicateRecordError" | "PreconditionFailedError" | "PayloadTooLargeError" | "URITooLongError" | "UnsupportedMediaTypeError" | "ExpectationFailedError" | "ValidationError" | "UpgradeRequiredError" | "PreconditionRequiredError" | "RateLimitExceeded" | "RequestHeaderFieldsTooLargeError" | "InternalServerError" | "ServiceUnavailableError" | "TimeoutError"; message: string; status_code: number; request_id: string; timestamp: string; /** The path of the request, without its query string */ path: string; details?: { /** A more specific, machine-readable code */ reason?: string; /** The field whose value is already taken */ field?: string; /** For a 409: the kind of resource that already exists or is in the wrong state */ resource?: "user" | "admin" | "mail" | "passkey" | "identity"; /** For a 422: all validation errors */ errors?: ({ field: string; message: string; type: string; })[]; /** What the account can prove itself with: `password`, `code`, `passkey` */ methods?: (string)[]; /** For `second_factor_required`: the token of the second step of the sign-in */ challenge?: string; /** How long the challenge or the puzzle is good, in seconds */ expires_in?: number; /** For `challenge_required`: a puzzle of ALTCHA, as JSON in base64url */ puzzle?: string; }; };

export type ListedUser = { id: string; /** Null if the user has none: it is optional with `USERNAMES=optional`, and nobody who is invited or signs in without a password has chosen one yet */ username: string | null; email: string; full_name: string | null; is_active: boolean; /** The id in the system that the account was imported from */ legacy_id: string | null; is_superuser: boolean; is_email_verified: boolean; /** By an admin, and has not accepted yet */ is_invited: boolean; created_at: string; updated_at: string; };

export type User = { id: string; /** Null if the user has none: it is optional with `USERNAMES=optional`, and nobody who is invited or signs in without a password has chosen one yet */ username: string | null; email: string; full_name: string | null; is_active: boolean; /** The id in the system that the account was imported from */ legacy_id: string | null; is_superuser: boolean; is_email_verified: boolean; /** By an admin, and has not accepted yet */ is_invited: boolean; created_at: string; updated_at: string; /** Written by the user and by admins */ metadata: Record<string, unknown>; /** Written by admins only */ app_metadata: Record<string, unknown>; };

export type Admin = { id: string; username: string; email: string; full_name: string | null; is_active: boolean; /** The id in the system that the account was imported from */ legacy_id: string | null; is_superadmin: boolean; created_at: string; updated_at: string; };

export type AuditChain = { /** The last entry; null before the first */ end: { position: string; chained_at: string | null; } | null; /** Events that wait to be chained; counted up to 100,000 */ pending: number; /** How often the job found the end changed from outside */ breaks: number; /** The newest 500 entries, checked for this answer */ recent: { entries: number; is_sound: boolean; findings: ({ kind: string; position: string | null; message: string; })[]; }; /** When `adl audit verify` last went through the whole chain; null if never */ last_verification: { at: string; is_sound: boolean; entries: number; } | null; };

export type Mail = { /** Also the left part of the Message-ID */ id: string; kind: string; recipient: string; /** `kept`: stored instead of sent, in development without a mail server */ status: "queued" | "sent" | "kept" | "dead"; attempts: number; last_error: string | null; created_at: string; /** The mail is not sent after this time */ expires_at: string; finished_at: string | null; /** The account that it is about */ subject: { kind: "user" | "admin"; id: string; } | null; };

export type MailDetail = { /** Also the left part of the Message-ID */ id: string; kind: string; recipient: string; /** `kept`: stored instead of sent, in development without a mail server */ status: "queued" | "sent" | "kept" | "dead"; attempts: number; last_error: string | null; created_at: string; /** The mail is not sent after this time */ expires_at: string; finished_at: string | null; /** The account that it is about */ subject: { kind: "user" | "admin"; id: string; } | null; /** Whether its one-time link still works; null if it has none */ link: "open" | "ended" | null; /** As it is sent, but for the token of its link, which no admin sees; null if this version cannot compose it */ message: { subject: string; text: string; html: string; } | null; };

export type Overview = { /** Deleted users are counted in `deleted` only */ users: { active: number; inactive: number; deleted: number; /** With a verified e-mail address, active or not */ verified: number; unverified: number; superusers: number; /** Who have not accepted yet, counted up to 10,000 */ invited: number; }; /** Of users, for the last 90 days in UTC, oldest first; the last one is today */ days: ({ day: string; registrations: number; sign_ins: number; /** Failures under a name that nobody has included */ failed_sign_ins: number; })[]; mail_queue: { /** Counted up to 10,000 */ queued: number; /** Those of `queued` that failed before; counted up to 10,000 */ retrying: number; /** Counted up to 10,000 */ dead: number; /** Null if none is queued */ oldest_queued_seconds: number | null; }; /** Of the process that answers */ hash_queue: { waiting: number; /** How many passwords may wait before others are refused */ capacity: number; }; version: string; };

export type System = { version: string; node_version: string; environment: string; database: string; /** Of the process that answers */ started_at: string; /** Those of `adl doctor` that the service can make itself */ checks: ({ check: string; status: "ok" | "warning" | "failed" | "skipped"; cause: string; advice: string | null; })[]; secret_key: { /** A fingerprint, which reveals nothing of the secret */ id: string; /** Null before it is known */ in_use_since: string | null; }; previous_secret_key: { /** A fingerprint, which reveals nothing of the secret */ id: string; } | null; variables: ({ name: string; is_set: boolean; is_secret: boolean; /** Null where it is not set, or a secret */ value: string | null; default: string; })[]; };

export type Factor = { id: string; kind: "totp" | "passkey"; name: string; created_at: string; last_used_at: string | null; };

export type Session = { id: string; created_at: string; last_used_at: string; expires_at: string; ip: string | null; user_agent: string | null; /** Whether this is the session of the request */ current: boolean; };

export type UserDetail = { id: string; /** Null if the user has none: it is optional with `USERNAMES=optional`, and nobody who is invited or signs in without a password has chosen one yet */ username: string | null; email: string; full_name: string | null; is_active: boolean; /** The id in the system that the account was imported from */ legacy_id: string | null; is_superuser: boolean; is_email_verified: boolean; /** By an admin, and has not accepted yet */ is_invited: boolean; created_at: string; updated_at: string; /** Written by the user and by admins */ metadata: Record<string, unknown>; /** Written by admins only */ app_metadata: Record<string, unknown>; last_login_at: string | null; deleted_at: string | null; /** Whether signing in asks for one */ has_second_factor: boolean; second_factor_kinds: ("totp" | "passkey")[]; sessions: (Session)[]; };

export type PasskeyCreationOptions = { challenge: string; timeout: number; rp: { id: string; name: string; }; user: { id: string; name: string; displayName: string; }; pubKeyCredParams: ({ type: "public-key"; alg: number; })[]; excludeCredentials: ({ id: string; type: "public-key"; transports?: (string)[]; })[]; authenticatorSelection: { residentKey: "required"; requireResidentKey: true; userVerification: "required" | "preferred" | "discouraged"; }; attestation: "none"; extensions: { credProps: true; }; };

export type PasskeyRequestOptions = { challenge: string; timeout: number; rpId: string; userVerification: "required" | "preferred" | "discouraged"; allowCredentials?: ({ id: string; type: "public-key"; transports?: (string)[]; })[]; };

export type TokenPair = { /** JWT; send it in the header Authorization: Bearer */ access_token: string; /** Opaque and single-use: each refresh returns a new one */ refresh_token: string; token_type: "bearer"; /** Lifetime of the access token in seconds */ expires_in: number; };

export type CookieTokens = { /** JWT; send it in the header Authorization: Bearer */ access_token: string; token_type: "bearer"; /** Lifetime of the access token in seconds */ expires_in: number; };

export type Tokens = TokenPair | CookieTokens;

export type EmailTokenPair = { /** JWT; send it in the header Authorization: Bearer */ access_token: string; /** Opaque and single-use: each refresh returns a new one */ refresh_token: string; token_type: "bearer"; /** Lifetime of the access token in seconds */ expires_in: number; /** As it was asked for */ return_to?: string; };

export type EmailCookieTokens = { /** JWT; send it in the header Authorization: Bearer */ access_token: string; token_type: "bearer"; /** Lifetime of the access token in seconds */ expires_in: number; /** As it was asked for */ return_to?: string; };

export type Identity = { id: string; provider: string; /** Of the provider */ name: string; /** There, at the last sign-in */ email: string | null; created_at: string; last_used_at: string | null; };

export type StartedTotp = { id: string; /** In base32 */ secret: string; otpauth_url: string; /** The URL as an SVG in a data URL */ qr_code: string; };

export type Factors = { items: (Factor)[]; recovery_codes_left: number; };

export type RecoveryCodes = { /** Shown this once. Each signs in once in place of a factor */ recovery_codes: (string)[]; };

export type ConfirmedTotp = { recovery_codes: (string)[] | null; };

export type Introspection = { active: true; /** The id of the account */ sub: string; kind: "user" | "admin"; /** The id of the session */ sid: string; username?: string; iss: string; aud: string; iat: number; exp: number; /** When the person last proved who they are */ auth_time: number; /** `2`: two factors, or a passkey that verified its user */ acr: "1" | "2"; } | { active: false; };

export type Health = { status: "healthy" | "unhealthy"; timestamp: string; version: string; environment: string; project: string; database: { connected: boolean; error: "unreachable" | null; }; email_configured: boolean; /** By how much the clock of the database is ahead; null before it was measured */ clock: { skew_seconds: number | null; }; };

export type JsonWebKeySet = { keys: ({ kty: "OKP" | "EC"; crv: "Ed25519" | "P-256"; x: string; y?: string; kid: string; alg: "EdDSA" | "ES256"; use: "sig"; })[]; };

export type AuthorizationServer = { issuer: string; jwks_uri: string; introspection_endpoint: string; introspection_endpoint_auth_methods_supported: (string)[]; access_token_signing_alg_values_supported: (string)[]; response_types_supported: (string)[]; grant_types_supported: (string)[]; };

export type AuditEvent = { id: string; occurred_at: string; /** `access_denied`: The caller was not allowed to make the request (403). `audit_chain_broken`: The end of the chain of audit events was not as the service left it; `reason` says what was found. `audit_verified`: `adl audit verify` went through the whole chain; a failure if it found anything. `password_check`: A signed-in caller entered a wrong current password. `second_factor_asked`: The first step of a sign-in was right; the second was not made yet. `second_factor_added`: A second factor is in force; `kind` says which. `second_factor_removed`: The owner removed a second factor; `kind` says which. `second_factors_reset`: All second factors of the account were removed, by an admin. `recovery_codes_replaced`: The owner got ten new recovery codes; the old ones are dead. `recovery_code_used`: A recovery code was used up in place of a second factor. `identity_linked`: An account at a provider of sign-in, which `kind` names, was linked; a failure means that it could not be. `identity_unlinked`: The owner unlinked an account at a provider of sign-in. `signing_key_rotated`: The next key was chosen to sign access tokens. `signing_keys_revoked`: The keys that had signed access tokens were revoked; `count` says how many. `passkey_renamed`: The owner gave a passkey another name. `passkey_copied`: A passkey was used whose counter did not grow: somebody may have copied it; it was refused. `account_taken_over`: Whoever proved to own an address that was never verified has the account; what was set up before is void. `sign_in`: A session was opened, or not; `reason` says why it failed. `sign_out`: A session was ended with its refresh token. `sign_out_everywhere`: All sessions were ended by their owner. `session_revoked`: One session was ended by its owner. `refresh_token_reused`: A used refresh token was presented again, by a thief or the victim; the session was ended. `limit_exceeded`: The first refusal by a limit in its window; `policy` names the limit. `account_registered`: An account was created by its owner, by an admin (the actor), with the setup token or on the command line. `reauthenticated`: A signed-in caller proved again to be the owner, or failed to. `email_sign_in_requested`: A mail to sign in was asked for, and was sent to the owner of the address. `invitation_accepted`: Who was invited has the account; a failure means an invalid link. `profile_changed`: The owner changed the profile; `fields` lists what. `password_changed`: The owner set a new password. `password_reset_requested`: A reset link was requested and mailed to the owner of the address. `password_reset`: A password was set with a reset link; a failure means an invalid link. `test_mail_sent`: An admin sent a test mail. `email_verified`: The owner confirmed the e-mail address; a failure means an invalid link. `email_changed`: The e-mail address was changed. `email_change_undone`: An e-mail change was undone with an undo link; a failure means an invalid link. `email_reverted`: The last verified address was restored: someone else claimed the unverified one, the password was reset through the verified one, or the account was deleted. `user_deleted`: A user was deleted, by the owner or an admin, and can still be restored. `user_restored`: A deleted user was restored, by an admin or with an undo link. `user_erased`: A deleted user was erased for ever; nothing else of the account is left. `data_exported`: The owner downloaded all that is stored about the account. `user_changed`: An admin changed a user; `fields` lists what. `user_deactivated`: An admin deactivated a user. `user_reactivated`: An admin reactivated a user. `user_sessions_revoked`: An admin ended all sessions of a user. `password_reset_sent`: An admin mailed a reset link to a user. `user_invited`: An admin invited a user. `invitation_resent`: An admin mailed an invitation again. `admin_changed`: A superadmin changed an admin; `fields` lists what. `admin_deactivated`: A superadmin deactivated an admin. `admin_reactivated`: A superadmin reactivated an admin. `users_imported`: A batch of users was imported on the command line; `count` says how many. `admins_imported`: A batch of admins was imported on the command line; `count` says how many. `mail_requeued`: An admin requeued a dead mail. `database_restored`: The database went back in time, to a backup or a point in time; all sessions and links ended. `count` numbers it. */ event: "access_denied" | "audit_chain_broken" | "audit_verified" | "password_check" | "second_factor_asked" | "second_factor_added" | "second_factor_removed" | "second_factors_reset" | "recovery_codes_replaced" | "recovery_code_used" | "identity_linked" | "identity_unlinked" | "signing_key_rotated" | "signing_keys_revoked" | "passkey_renamed" | "passkey_copied" | "account_taken_over" | "sign_in" | "sign_out" | "sign_out_everywhere" | "session_revoked" | "refresh_token_reused" | "limit_exceeded" | "account_registered" | "reauthenticated" | "email_sign_in_requested" | "invitation_accepted" | "profile_changed" | "password_changed" | "password_reset_requested" | "password_reset" | "test_mail_sent" | "email_verified" | "email_changed" | "email_change_undone" | "email_reverted" | "user_deleted" | "user_restored" | "user_erased" | "data_exported" | "user_changed" | "user_deactivated" | "user_reactivated" | "user_sessions_revoked" | "password_reset_sent" | "user_invited" | "invitation_resent" | "admin_changed" | "admin_deactivated" | "admin_reactivated" | "users_imported" | "admins_imported" | "mail_requeued" | "database_restored"; outcome: "success" | "failure" | "denied"; /** Who did it; null if unknown */ actor: { kind: "user" | "admin"; id: string; } | null; /** The account that it happened to */ subject: { kind: "user" | "admin"; id: string; } | null; ip: string | null; /** The same as in the response and the log */ request_id: string | null; details: { reason?: string; /** The limit that was exceeded */ policy?: string; /** The names of the changed fields */ fields?: (string)[]; session_id?: string; mail_id?: string; route?: string; import_id?: string; /** How many accounts, or entries of the chain */ count?: number; /** Done on the command line, by no account */ via?: "command_line"; }; };

export type DataExport = { exported_at: string; account: { id: string; /** Null if the user has none: it is optional with `USERNAMES=optional`, and nobody who is invited or signs in without a password has chosen one yet */ username: string | null; email: string; full_name: string | null; is_active: boolean; /** The id in the system that the account was imported from */ legacy_id: string | null; is_superuser: boolean; is_email_verified: boolean; /** By an admin, and has not accepted yet */ is_invited: boolean; created_at: string; updated_at: string; /** Written by the user and by admins */ metadata: Record<string, unknown>; /** Written by admins only */ app_metadata: Record<string, unknown>; last_login_at: string | null; }; security_events: (AuditEvent)[]; authenticator_apps: ({ name: string; created_at: string; last_used_at: string | null; })[]; recovery_codes: ({ created_at: string; used_at: string | null; })[]; identities: ({ id: string; provider: string; issuer: string; /** What the provider calls the person */ subject: string; email: string | null; created_at: string; last_used_at: string | null; })[]; links: ({ purpose: string; /** The address that it was mailed to */ email: string; created_at: string; expires_at: string; ended_at: string | null; /** Where the owner wanted to go */ return_to: string | null; end_reason: string | null; })[]; mails: ({ /** Also the left part of the Message-ID */ id: string; kind: string; recipient: string; /** `kept`: stored instead of sent, in development without a mail server */ status: "queued" | "sent" | "kept" | "dead"; attempts: number; last_error: string | null; created_at: string; /** The mail is not sent after this time */ expires_at: string; finished_at: string | null; /** As the mail names it */ device: string | null; /** As the mail names it */ ip: string | null; })[]; passkeys: ({ id: string; name: string; /** How browsers reach the authenticator */ transports: string; /** Whether it may be on several devices */ is_synced: boolean; created_at: string; last_used_at: string | null; })[]; sessions: ({ id: string; created_at: string; last_used_at: string; expires_at: string; ip: string | null; user_agent: string | null; /** What was shown, in the words of RFC 8176 */ methods: string; /** 2: two factors were shown */ level: number; /** When it was last proven; null: when created */ authenticated_at: string | null; /** Null unless it was ended before it expired */ ended_at: string | null; end_reason: string | null; })[]; limits: ({ /** The name of the limit */ policy: string; count: number; resets_at: string; })[]; };

export type Operations = {
  /** Register a user */
  'POST /api/users/register': { body: { /** A plain address with at most 64 characters before the @ */ email: string; username: string; full_name?: string | null; /** 8 to 128 characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service */ password: string; /** A JSON object of at most 4096 bytes, 5 levels and 100 members and elements in all; keys have 1 to 64 characters */ metadata?: Record<string, unknown> | null; }; answer: User; };
  /** Register an admin */
  'POST /api/admins/register': { body: { /** A plain address with at most 64 characters before the @ */ email: string; username: string; full_name?: string | null; /** 12 to 128 characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service */ password: string; is_superadmin?: boolean | null; }; answer: Admin; };
  /** Sign in with username or e-mail and password */
  'POST /api/users/login': { body: { /** The username or the e-mail address */ username?: string | null; /** Instead of username */ email?: string | null; /** Taken as typed; at most 512 bytes of UTF-8 */ password: string; }; answer: Tokens; };
  /** Sign in with username or e-mail and password */
  'POST /api/admins/login': { body: { /** The username or the e-mail address */ username?: string | null; /** Instead of username */ email?: string | null; /** Taken as typed; at most 512 bytes of UTF-8 */ password: string; }; answer: Tokens; };
  /** Complete a sign-in with a second factor */
  'POST /api/users/login/second-factor': { body: { /** `details.challenge` of the first step */ challenge: string; code?: string | null; passkey?: { /** The `challenge` of the options */ challenge: string; response: PasskeyAssertionInput; } | null; }; answer: Tokens; };
  /** Prove again that it is me */
  'POST /api/users/me/reauthenticate': { body: { password?: string | null; code?: string | null; passkey?: { /** The `challenge` of the options */ challenge: string; response: PasskeyAssertionInput; } | null; }; answer: null; };
  /** List my second factors */
  'GET /api/users/me/factors': { answer: Factors; };
  /** Begin to add an authenticator app */
  'POST /api/users/me/factors/totp': { body: { name?: string | null; } | null; answer: StartedTotp; };
  /** Put an authenticator app in force */
  'POST /api/users/me/factors/totp/{id}/confirm': { path: { id: string }; body: { code: string; }; answer: ConfirmedTotp; };
  /** Get new recovery codes */
  'POST /api/users/me/factors/recovery-codes': { answer: RecoveryCodes; };
  /** Remove a second factor */
  'DELETE /api/users/me/factors/{id}': { path: { id: string }; answer: null; };
  /** Complete a sign-in with a second factor */
  'POST /api/admins/login/second-factor': { body: { /** `details.challenge` of the first step */ challenge: string; code?: string | null; passkey?: { /** The `challenge` of the options */ challenge: string; response: PasskeyAssertionInput; } | null; }; answer: Tokens; };
  /** Prove again that it is me */
  'POST /api/admins/me/reauthenticate': { body: { password?: string | null; code?: string | null; passkey?: { /** The `challenge` of the options */ challenge: string; response: PasskeyAssertionInput; } | null; }; answer: null; };
  /** List my second factors */
  'GET /api/admins/me/factors': { answer: Factors; };
  /** Begin to add an authenticator app */
  'POST /api/admins/me/factors/totp': { body: { name?: string | null; } | null; answer: StartedTotp; };
  /** Put an authenticator app in force */
  'POST /api/admins/me/factors/totp/{id}/confirm': { path: { id: string }; body: { code: string; }; answer: ConfirmedTotp; };
  /** Get new recovery codes */
  'POST /api/admins/me/factors/recovery-codes': { answer: RecoveryCodes; };
  /** Remove a second factor */
  'DELETE /api/admins/me/factors/{id}': { path: { id: string }; answer: null; };
  /** Ask for a challenge for a passkey */
  'POST /api/users/login/passkey/options': { body: { second_factor_challenge?: string | null; } | null; answer: { challenge: string; options: PasskeyRequestOptions; }; };
  /** Sign in with a passkey */
  'POST /api/users/login/passkey': { body: { /** The `challenge` of the options */ challenge: string; response: PasskeyAssertionInput; }; answer: Tokens; };
  /** Begin to add a passkey */
  'POST /api/users/me/passkeys/options': { answer: PasskeyCreationOptions; };
  /** Add a passkey */
  'POST /api/users/me/passkeys': { body: { /** By default the browser and its system */ name?: string | null; response: PasskeyCreationInput; }; answer: Factor; };
  /** Rename a passkey */
  'PATCH /api/users/me/passkeys/{id}': { path: { id: string }; body: { name: string; }; answer: Factor; };
  /** Ask for a challenge for a passkey */
  'POST /api/admins/login/passkey/options': { body: { second_factor_challenge?: string | null; } | null; answer: { challenge: string; options: PasskeyRequestOptions; }; };
  /** Sign in with a passkey */
  'POST /api/admins/login/passkey': { body: { /** The `challenge` of the options */ challenge: string; response: PasskeyAssertionInput; }; answer: Tokens; };
  /** Begin to add a passkey */
  'POST /api/admins/me/passkeys/options': { answer: PasskeyCreationOptions; };
  /** Add a passkey */
  'POST /api/admins/me/passkeys': { body: { /** By default the browser and its system */ name?: string | null; response: PasskeyCreationInput; }; answer: Factor; };
  /** Rename a passkey */
  'PATCH /api/admins/me/passkeys/{id}': { path: { id: string }; body: { name: string; }; answer: Factor; };
  /** List who else signs users in */
  'GET /api/users/login/providers': { answer: { items: ({ id: string; name: string; })[]; }; };
  /** Sign in, or up, with a provider */
  'GET /api/users/login/providers/{id}/start': { path: { id: string }; query?: { return_to?: string; mode?: "cookie" | "code"; code_challenge?: string }; answer: null; };
  /** Complete a sign-in with a provider */
  'POST /api/users/login/exchange': { body: { /** As the browser came back with it */ code: string; /** Of the `code_challenge` that the sign-in began with */ code_verifier: string; }; answer: Tokens; };
  /** List the accounts elsewhere that sign me in */
  'GET /api/users/me/identities': { answer: { items: (Identity)[]; }; };
  /** Begin to link an account elsewhere */
  'POST /api/users/me/identities/{provider}/start': { path: { provider: string }; body: { return_to?: string | null; } | null; answer: { /** At the provider */ location: string; }; };
  /** Unlink an account elsewhere */
  'DELETE /api/users/me/identities/{id}': { path: { id: string }; answer: null; };
  /** Ask for a mail that signs in */
  'POST /api/users/login/email': { body: { /** A plain address with at most 64 characters before the @ */ email: string; /** A path of this service, or an address of `APP_URL` or `RETURN_TO_ALLOW` */ return_to?: string | null; }; answer: { message: string; /** Send it with the code, which nobody else can use. In cookie mode it is a cookie */ request_id?: string; /** How long link and code work, in seconds */ expires_in: number; }; };
  /** Sign in with the link or the code of a mail */
  'POST /api/users/login/email/confirm': { body: { /** Of the link */ token?: string | null; /** With the code: as it was asked with */ email?: string | null; /** In place of the token */ code?: string | null; /** With the code: from the answer to who asked */ request_id?: string | null; }; answer: EmailTokenPair | EmailCookieTokens; };
  /** Whom an invitation is for */
  'POST /api/users/invitation/check': { body: { token: string; }; answer: { email: string; full_name: string | null; }; };
  /** Accept an invitation */
  'POST /api/users/invitation/accept': { body: { token: string; username: string; /** 8 to 128 characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service */ password: string; /** An empty string clears it; null leaves it unchanged */ full_name?: string | null; }; answer: Tokens; };
  /** Exchange a refresh token for new tokens */
  'POST /api/users/refresh': { body?: { /** The most recent refresh token */ refresh_token: string; }; answer: Tokens; };
  /** End a session */
  'POST /api/users/logout': { body?: { /** The most recent refresh token */ refresh_token: string; }; answer: null; };
  /** End all sessions of the caller */
  'POST /api/users/logout-all': { answer: null; };
  /** List the active sessions of the caller */
  'GET /api/users/me/sessions': { answer: { items: (Session)[]; }; };
  /** End one session of the caller */
  'DELETE /api/users/me/sessions/{id}': { path: { id: string }; answer: null; };
  /** Exchange a refresh token for new tokens */
  'POST /api/admins/refresh': { body?: { /** The most recent refresh token */ refresh_token: string; }; answer: Tokens; };
  /** End a session */
  'POST /api/admins/logout': { body?: { /** The most recent refresh token */ refresh_token: string; }; answer: null; };
  /** End all sessions of the caller */
  'POST /api/admins/logout-all': { answer: null; };
  /** List the active sessions of the caller */
  'GET /api/admins/me/sessions': { answer: { items: (Session)[]; }; };
  /** End one session of the caller */
  'DELETE /api/admins/me/sessions/{id}': { path: { id: string }; answer: null; };
  /** Get my profile */
  'GET /api/users/me': { answer: User; };
  /** Update my profile */
  'PUT /api/users/me': { body: { /** null leaves it unchanged */ email?: string | null; /** null leaves it unchanged */ username?: string | null; /** An empty string clears it; null leaves it unchanged */ full_name?: string | null; /** Required to change the e-mail address, however recent the sign-in, unless the session has just been renewed with `reauthenticate` */ current_password?: string | null; /** A JSON object of at most 4096 bytes, 5 levels and 100 members and elements in all; keys have 1 to 64 characters. Replaces the stored object; `{}` clears it; null leaves it unchanged */ metadata?: Record<string, unknown> | null; }; answer: User; };
  /** Delete my account */
  'DELETE /api/users/me': { body: { /** Required unless the session has just been renewed with `reauthenticate` */ password?: string | null; } | null; answer: null; };
  /** Get my profile */
  'GET /api/admins/me': { answer: Admin; };
  /** Update my profile */
  'PUT /api/admins/me': { body: { /** null leaves it unchanged */ email?: string | null; /** null leaves it unchanged */ username?: string | null; /** An empty string clears it; null leaves it unchanged */ full_name?: string | null; /** Required to change the e-mail address, however recent the sign-in, unless the session has just been renewed with `reauthenticate` */ current_password?: string | null; }; answer: Admin; };
  /** Change my password */
  'POST /api/users/change-password': { body: { /** Taken as typed; at most 512 bytes of UTF-8 */ current_password: string; /** 8 to 128 characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service */ new_password: string; }; answer: Message; };
  /** Change my password */
  'POST /api/admins/change-password': { body: { /** Taken as typed; at most 512 bytes of UTF-8 */ current_password: string; /** 12 to 128 characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service */ new_password: string; }; answer: Message; };
  /** Request a password reset link */
  'POST /api/password/forgot-password': { body: { /** A plain address with at most 64 characters before the @ */ email: string; }; answer: Message; };
  /** Whose password a reset link sets */
  'POST /api/password/check-reset-token': { body: { token: string; }; answer: { email: string; }; };
  /** Set a new password with the token of a reset link */
  'POST /api/password/reset-password': { body: { token: string; /** 8 to 128 characters of any kind. Not a common password, nor your username, your e-mail address, a part of it, or the name of this service */ new_password: string; }; answer: Message; };
  /** Send a test mail */
  'POST /api/password/test-email': { body: { /** A plain address with at most 64 characters before the @ */ to_email: string; }; answer: Message; };
  /** Verify an e-mail address with the token of a verification link */
  'POST /api/users/verify-email': { body: { token: string; }; answer: Message; };
  /** Send the verification link again */
  'POST /api/users/resend-verification': { answer: Message; };
  /** Undo an e-mail change or a deletion with the token of an undo link */
  'POST /api/users/undo': { body: { token: string; }; answer: Message; };
  /** Download all that is stored about me */
  'GET /api/users/me/export': { answer: DataExport; };
  /** List the security events of my account, newest first */
  'GET /api/users/me/security-events': { query?: { page?: number; page_size?: number; cursor?: string }; answer: { items: (AuditEvent)[]; total: number; /** False: `total` is where counting stopped */ total_is_exact: boolean; page: number; page_size: number; total_pages: number; /** Null on the last page; a search may go on after a page that is not full */ next_cursor: string | null; }; };
  /** List users, newest first */
  'GET /api/admins/users': { query?: { page?: number; page_size?: number; cursor?: string; is_active?: boolean; q?: string; created_after?: string; last_login_before?: string; legacy_id?: string; sort?: "-created_at" | "created_at" | "username" | "-username" | "email" | "-email" | ""; is_email_verified?: boolean; is_invited?: boolean; deleted?: boolean; metadata?: string; app_metadata?: string }; answer: { items: (ListedUser)[]; total: number; /** False: `total` is where counting stopped */ total_is_exact: boolean; page: number; page_size: number; total_pages: number; /** Null on the last page; a search may go on after a page that is not full */ next_cursor: string | null; }; };
  /** Create a user */
  'POST /api/admins/users': { body: { /** A plain address with at most 64 characters before the @ */ email: string; username: string; full_name?: string | null; /** Null or absent: the user gets a link to set it, or to sign in */ password?: string | null; /** A JSON object of at most 4096 bytes, 5 levels and 100 members and elements in all; keys have 1 to 64 characters */ metadata?: Record<string, unknown> | null; /** A JSON object of at most 4096 bytes, 5 levels and 100 members and elements in all; keys have 1 to 64 characters */ app_metadata?: Record<string, unknown> | null; }; answer: User; };
  /** Get a user with their active sessions */
  'GET /api/admins/users/{id}': { path: { id: string }; answer: UserDetail; };
  /** Change, deactivate or reactivate a user */
  'PATCH /api/admins/users/{id}': { path: { id: string }; body: { /** null leaves it unchanged */ is_active?: boolean | null; /** Superadmins only; null leaves it unchanged */ is_superuser?: boolean | null; /** An empty string clears it; null leaves it unchanged */ full_name?: string | null; /** null leaves it unchanged */ username?: string | null; /** null leaves it unchanged */ email?: string | null; /** A JSON object of at most 4096 bytes, 5 levels and 100 members and elements in all; keys have 1 to 64 characters. Replaces the stored object; `{}` clears it; null leaves it unchanged */ metadata?: Record<string, unknown> | null; /** A JSON object of at most 4096 bytes, 5 levels and 100 members and elements in all; keys have 1 to 64 characters. Replaces the stored object; `{}` clears it; null leaves it unchanged */ app_metadata?: Record<string, unknown> | null; }; answer: User; };
  /** Delete a user */
  'DELETE /api/admins/users/{id}': { path: { id: string }; answer: null; };
  /** Restore a deleted user */
  'POST /api/admins/users/{id}/restore': { path: { id: string }; answer: User; };
  /** End all sessions of a user */
  'POST /api/admins/users/{id}/revoke-sessions': { path: { id: string }; answer: null; };
  /** Mail a user a password reset link */
  'POST /api/admins/users/{id}/send-password-reset': { path: { id: string }; answer: null; };
  /** Invite a user */
  'POST /api/admins/users/invite': { body: { /** A plain address with at most 64 characters before the @ */ email: string; full_name?: string | null; /** `superuser`: superadmins only */ roles?: ("superuser")[] | null; }; answer: User; };
  /** Mail an invitation again */
  'POST /api/admins/users/{id}/resend-invitation': { path: { id: string }; answer: null; };
  /** List admins, newest first */
  'GET /api/admins': { query?: { page?: number; page_size?: number; cursor?: string; is_active?: boolean; q?: string; created_after?: string; last_login_before?: string; legacy_id?: string; sort?: "-created_at" | "created_at" | "username" | "-username" | "email" | "-email" | "" }; answer: { items: (Admin)[]; total: number; /** False: `total` is where counting stopped */ total_is_exact: boolean; page: number; page_size: number; total_pages: number; /** Null on the last page; a search may go on after a page that is not full */ next_cursor: string | null; }; };
  /** Promote, demote, deactivate or reactivate an admin */
  'PATCH /api/admins/{id}': { path: { id: string }; body: { /** null leaves it unchanged */ is_active?: boolean | null; /** null leaves it unchanged */ is_superadmin?: boolean | null; }; answer: Admin; };
  /** Remove all second factors of a user */
  'POST /api/admins/users/{id}/reset-factors': { path: { id: string }; answer: null; };
  /** Remove all second factors of an admin */
  'POST /api/admins/{id}/reset-factors': { path: { id: string }; answer: null; };
  /** List mails, dead ones first */
  'GET /api/admins/mails': { query?: { page?: number; page_size?: number; cursor?: string; status?: "queued" | "sent" | "kept" | "dead"; subject?: string }; answer: { items: (Mail)[]; total: number; /** False: `total` is where counting stopped */ total_is_exact: boolean; page: number; page_size: number; total_pages: number; /** Null on the last page; a search may go on after a page that is not full */ next_cursor: string | null; }; };
  /** Read a mail, without the token of its link */
  'GET /api/admins/mails/{id}': { path: { id: string }; answer: MailDetail; };
  /** Requeue a dead mail */
  'POST /api/admins/mails/{id}/requeue': { path: { id: string }; answer: null; };
  /** List security events, newest first */
  'GET /api/admins/audit-events': { query?: { page?: number; page_size?: number; cursor?: string; actor?: string; subject?: string; event?: "access_denied" | "audit_chain_broken" | "audit_verified" | "password_check" | "second_factor_asked" | "second_factor_added" | "second_factor_removed" | "second_factors_reset" | "recovery_codes_replaced" | "recovery_code_used" | "identity_linked" | "identity_unlinked" | "signing_key_rotated" | "signing_keys_revoked" | "passkey_renamed" | "passkey_copied" | "account_taken_over" | "sign_in" | "sign_out" | "sign_out_everywhere" | "session_revoked" | "refresh_token_reused" | "limit_exceeded" | "account_registered" | "reauthenticated" | "email_sign_in_requested" | "invitation_accepted" | "profile_changed" | "password_changed" | "password_reset_requested" | "password_reset" | "test_mail_sent" | "email_verified" | "email_changed" | "email_change_undone" | "email_reverted" | "user_deleted" | "user_restored" | "user_erased" | "data_exported" | "user_changed" | "user_deactivated" | "user_reactivated" | "user_sessions_revoked" | "password_reset_sent" | "user_invited" | "invitation_resent" | "admin_changed" | "admin_deactivated" | "admin_reactivated" | "users_imported" | "admins_imported" | "mail_requeued" | "database_restored"; from?: string; to?: string }; answer: { items: (AuditEvent)[]; total: number; /** False: `total` is where counting stopped */ total_is_exact: boolean; page: number; page_size: number; total_pages: number; /** Null on the last page; a search may go on after a page that is not full */ next_cursor: string | null; }; };
  /** Read where the chain of security events ends, and whether it is sound */
  'GET /api/admins/audit-chain': { answer: AuditChain; };
  /** Counts for a dashboard */
  'GET /api/admins/overview': { answer: Overview; };
  /** Check the service, and read how it is set up */
  'GET /api/admins/system': { answer: System; };
  /** Come back from a provider */
  'GET /api/users/login/providers/{id}/callback': { path: { id: string }; query?: { code?: string; state?: string; iss?: string; error?: string }; answer: null; };
  /** Come back from a provider by a form */
  'POST /api/users/login/providers/{id}/callback': { path: { id: string }; body: { code?: string; state?: string; /** Who answers (RFC 9207) */ iss?: string; error?: string; }; answer: null; };
  /** Ask whether an access token is good now (RFC 7662) */
  'POST /api/tokens/introspect': { body: { /** The access token that a client has presented */ token: string; }; answer: Introspection; };
};
