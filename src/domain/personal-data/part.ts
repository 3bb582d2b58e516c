import type { PersonalData } from './personal-data.ts';

const jobs: PersonalData = {
  tables: ['jobs.job', 'jobs.job_common'],
  exported: {
    nothingBecause: 'a job lives for minutes, and what it works on is exported with its own table',
  },
  erase: (deps, trx, { id, username, email }) =>
    deps.jobs.forget(trx, [id, email, ...(username === null ? [] : [username])]),
};

export const queuedJobs = { personalData: [jobs] };
