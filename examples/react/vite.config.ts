import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

const target = process.env.ADL_URL ?? 'http://localhost:8000';
// The page and the API have one origin, so the cookie of the session is the page's own.
const proxy = { '/api': target };

export default defineConfig({
  plugins: [react()],
  server: { proxy },
  preview: { proxy, port: Number(process.env.PORT ?? 4173), strictPort: true },
});
