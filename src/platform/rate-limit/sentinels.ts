/** Who knows which Redis is the primary; the URL then names the group instead of a host. */
export type Sentinels = {
  addresses: readonly { host: string; port: number }[];
  password?: string | undefined;
};

/** ioredis takes the name of the group for `name`, and user and password from the URL. */
export function viaSentinels(url: string, { addresses, password }: Sentinels) {
  const { hostname, protocol } = new URL(url);
  return {
    sentinels: [...addresses],
    name: hostname,
    ...(password === undefined ? {} : { sentinelPassword: password }),
    ...(protocol === 'rediss:' ? { enableTLSForSentinelMode: true, sentinelTLS: {} } : {}),
    sentinelCommandTimeout: 1000,
  };
}
