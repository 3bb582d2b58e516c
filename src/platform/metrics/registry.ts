import { Registry } from 'prom-client';

/**
 * What this process counts. Facts that all processes share, such as rows of a table, are not in it.
 */
export const registry = new Registry();
