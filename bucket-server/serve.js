// node serve.js PORT DIRECTORY: a bucket called `backups`, until it is killed.
import { AsyncLocalStorage } from 'node:async_hooks';
import S3rver from '@20minutes/s3rver';

const [port, directory] = process.argv.slice(2);
const options = { address: '127.0.0.1', port: Number(port), directory, silent: true };
const server = new S3rver({ ...options, configureBuckets: [{ name: 'backups' }] });

// It checks every signature, but takes the path of a list, /backups/, for /backups: there alone it must not.
const ofList = new AsyncLocalStorage();
server.middleware.unshift((ctx, next) => ofList.run(ctx.path === '/backups/', next));
Object.defineProperty(server, 'allowMismatchedSignatures', {
  get: () => ofList.getStore() === true,
});

await server.run();
process.stdout.write('listening\n');
