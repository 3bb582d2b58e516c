import { type Config, misnamedVariables } from '../../configuration/config.ts';
import { weakSettings } from '../../configuration/weak-settings.ts';
import { type Check, ok, warning } from './finding.ts';

/** What the service warns of at its start. */
export function configurationCheck(config: Config): Check {
  return {
    name: 'configuration',
    run: async () => {
      const misnamed = misnamedVariables().map(({ name, meant }) =>
        warning(`${name} is set, but nothing reads it`, `Is ${meant} meant?`),
      );
      const weak = weakSettings(config).map((text) => {
        const [, cause = text, advice = ''] = /^(.*?)\. ([^.]+)$/.exec(text) ?? [];
        return warning(cause, advice);
      });
      const found = [...misnamed, ...weak];
      return found.length > 0 ? found : ok(`valid for ${config.environment}`);
    },
  };
}
