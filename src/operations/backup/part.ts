declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    database_restored: true;
  }
}

export const backup = {
  auditEvents: {
    database_restored:
      'The database went back in time, to a backup or a point in time; all sessions and links ended. `count` numbers it',
  },
};
