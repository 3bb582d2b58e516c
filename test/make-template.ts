import { prepareEmbeddedTemplate } from './test-database.ts';

// Before the test processes start: each of them would make the same template.
await prepareEmbeddedTemplate();
