import { accountData } from './account-data.ts';

export const accounts = { personalData: [accountData] };
