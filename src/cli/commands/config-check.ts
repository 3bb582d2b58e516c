import { ConfigError, misnamedVariables } from '../../configuration/config.ts';
import { weakSettings } from '../../configuration/weak-settings.ts';
import type { LocalCommand, Outcome } from '../command/command.ts';

export const configCheck: LocalCommand = {
  name: 'config check',
  summary: 'Check the configuration, and name every fault',
  runLocally: async ({ readConfig }): Promise<Outcome> => {
    try {
      const config = readConfig();
      const misnamed = misnamedVariables().map(
        ({ name, meant }) => `${name} is set, but nothing reads it. Is ${meant} meant?`,
      );
      const warnings = [...misnamed, ...weakSettings(config)];
      return { result: { environment: config.environment, valid: true, warnings } };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const errors = error.faults.map((fault) => {
        const [field = '', ...words] = fault.split(' ');
        return { field, message: words.join(' ') };
      });
      return { failure: { kind: 'invalid', message: 'The configuration is not valid', errors } };
    }
  },
};
