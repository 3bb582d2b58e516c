export type Health = {
  status: 'healthy' | 'unhealthy';
  timestamp: string;
  version: string;
  environment: string;
  project: string;
  database: { connected: boolean; error: string | null };
  email_configured: boolean;
};

/** Also while the service is unhealthy, which is a 503 with the same body. */
export async function readHealth(): Promise<Health> {
  const response = await fetch('/health', { cache: 'no-store' });
  return (await response.json()) as Health;
}
