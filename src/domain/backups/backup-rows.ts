import type { ColumnType, Generated } from 'kysely';

declare module '../../platform/database/database.ts' {
  interface Tables {
    deployment: DeploymentRow;
    backups: BackupRow;
  }
}

type DeploymentRow = {
  is_only: Generated<true>;
  id: string;
  epoch: number;
  epoch_began_at: Date;
};

type BackupRow = {
  name: string;
  taken_at: Date;
  /** A bigint arrives as text. */
  bytes: ColumnType<string, number, never>;
  proof_digest: Buffer;
  verified_at: Date | null;
};
