import './design/base.css';
import '../../src/flows/link-pages/pages/tokens.css';
import './design/controls.css';
import './design/fields.css';
import './design/surfaces.css';
import './design/overlays.css';
import './design/layout.css';
import './design/table.css';
import './admin/console.css';
import './admin/admin-pages.css';
import { QueryClientProvider } from '@tanstack/preact-query';
import { render } from 'preact';
import { LocationProvider } from 'preact-iso';
import { Toasts } from './design/toast.tsx';
import { Pages } from './pages.tsx';
import { queries } from './session/queries.ts';
import { TextsProvider } from './texts/texts.tsx';

function App() {
  return (
    <TextsProvider>
      <QueryClientProvider client={queries}>
        {/* Other addresses, such as the pages of mailed links, are the service's own. */}
        <LocationProvider
          scope={/^\/app(?!\/(reset-password|verify-email|undo|sign-in-failed|mailbox)\b)(\/|$|\?)/}
        >
          <Pages />
          <Toasts />
        </LocationProvider>
      </QueryClientProvider>
    </TextsProvider>
  );
}

const root = document.getElementById('app');
if (root !== null) render(<App />, root);
