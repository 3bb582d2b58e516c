import type { Part } from '../../access/part.ts';
import { exportLimit } from './export-data.ts';
import { addDataExportRoutes } from './routes.ts';

declare module '../../domain/audit/security-events.ts' {
  interface SecurityEvents {
    data_exported: true;
  }
}

export const dataExport: Part = {
  routes: addDataExportRoutes,
  throttles: [exportLimit],
  auditEvents: {
    data_exported: 'The owner downloaded all that is stored about the account',
  },
};
