import type { NextConfig } from 'next';

const service = process.env.ADL_URL ?? 'http://localhost:8000';

const config: NextConfig = {
  poweredByHeader: false,
  turbopack: { root: import.meta.dirname },
  // The application and the API have one origin, so the cookie of the session is its own.
  rewrites: async () => [{ source: '/api/:path*', destination: `${service}/api/:path*` }],
};

export default config;
