import { goodPassword } from './factories.ts';

/**
 * Made with bcrypt 4.0, passlib 1.7, argon2-cffi 25.1, Werkzeug 3.1 and Django 5.2; Firebase's from
 * github.com/firebase/scrypt.
 */
const beyondAscii = 'Käse-über-Straße 7';
const longPassword = `${'A'.repeat(72)}the rest that bcrypt ignores`;

export const foreignVectors: readonly (readonly [what: string, hash: string, password: string])[] =
  [
    [
      'bcrypt of passlib, $2b$',
      '$2b$05$nQHxuHpCfaKWIMzMQYsEbOzkz8b/NNvn4ikxh7uknkj4jVbGrWKI2',
      goodPassword,
    ],
    [
      'bcrypt of PHP, $2y$',
      '$2y$05$gx99XmR7jl.mUaTt.1EfkuDhYsi3osCsYWX/zRY5azoE724auWA4G',
      goodPassword,
    ],
    [
      'bcrypt, $2a$, beyond ASCII',
      '$2a$05$H9TeDj37QQyXpL3XtSig/O/uthyD3ZY6kqxrI.gLqTnxmfsPFGKDu',
      beyondAscii,
    ],
    [
      'bcrypt of a password beyond 72 bytes',
      '$2b$05$imJxJY0yPUBUrsICcfW7L.1X2Q2Mdv7wwSuntEuA6Y7fg.e5yw/L6',
      longPassword,
    ],
    [
      'bcrypt of Django',
      'bcrypt$$2b$05$vTflDw1PWixFpTBKFdAluuRBL0.pqFUl5XLYbCBVrKN5OTppN5hSi',
      goodPassword,
    ],
    [
      'argon2id of argon2-cffi',
      '$argon2id$v=19$m=512,t=2,p=2$yzadbllJjkud+ZXrC0na7g$yrc37+iPUTWHf3nj0F77S8lTjRlBifSKrvE6U4Hecmc',
      goodPassword,
    ],
    [
      'argon2i of argon2-cffi',
      '$argon2i$v=19$m=512,t=3,p=1$MK717veyre+qq1YUhu5uAg$VdAQclMAkVcpaMGBvFoD4DV9S7OIQ5FlL5mOecrXBa0',
      goodPassword,
    ],
    [
      'argon2id of Django',
      'argon2$argon2id$v=19$m=512,t=2,p=1$o7b7khnWuQABKXDnGvJ3bw$nF2EyVysDgyN5UTaapJVhf5GjR3Apryq/Mhir3+/5n4',
      beyondAscii,
    ],
    [
      'scrypt of passlib',
      '$scrypt$ln=10,r=8,p=1$LSVkLKVUqlUKofReyznHmA$sMRDLamutyogHuqBSPFMZ5R7rxEtcKBowuxAL8JD+A4',
      goodPassword,
    ],
    [
      'scrypt of Werkzeug',
      'scrypt:1024:8:1$w7H12cOjnHFpQEnu$d037f265cf0573c1eb1409064ba0ed11d11df1c0ae84f9c5b5fe845773efca6f1db2261344043714ee6efc9e63c8589b42db0d862f28c465dbce3b0b3ba7d84e',
      goodPassword,
    ],
    [
      'scrypt of Werkzeug, by its default',
      'scrypt:32768:8:1$8keCCSiqt2JRBBf5$e5091b11d9584c14940b5c6b3caf7a925f43544282214304531f658a92134ba0274be562142e04fc0af3996d427a7298b2c848348f5e96d6935f8a267c2f274e',
      goodPassword,
    ],
    [
      'scrypt of Django',
      'scrypt$1024$saltOfDjango$8$5$/CQQIBQC6T+2e2Np1bOC45exunS0fpM2Sm4CUqve9na6yM4m2PN9Eni3hWu1XYxPHq9ToxNRtl1M9fdSU3pUUw==',
      beyondAscii,
    ],
    [
      'PBKDF2 of Django, SHA-256',
      'pbkdf2_sha256$1200$saltOfDjango$LVyrENjf2drd41fjG6Zv/bgh4X/+N0/az/24k7jp8zI=',
      goodPassword,
    ],
    [
      'PBKDF2 of Django, SHA-1',
      'pbkdf2_sha1$1200$saltOfDjango$0HikbxcikYYjLBPrRiKsCj2g08c=',
      beyondAscii,
    ],
    [
      'PBKDF2 of passlib, SHA-256',
      '$pbkdf2-sha256$1200$Rej9vzemFMIYI8Q4p1QKAQ$rbmmKHvLzD/HjkCLjWopD7DKKExNg19N6NTbMf2Dsa8',
      goodPassword,
    ],
    [
      'PBKDF2 of passlib, SHA-512',
      '$pbkdf2-sha512$1200$BqBUSql1TknpPWfM2RsDgA$sC7SNz4F4dLGxH/xWiNAcDdntZP6BPqud3BavDVCB1FdEfpg667TadFK63mcK/jHgbmSN16ggSwHiYs2d9L7yQ',
      goodPassword,
    ],
    [
      'PBKDF2 of passlib, SHA-1',
      '$pbkdf2$1200$wxgj5Ly3VorxHgPA2Lt37g$A5s1COPeDipSsDA/cr.tGyDG6HY',
      goodPassword,
    ],
    [
      'PBKDF2 of Werkzeug',
      'pbkdf2:sha256:1200$tfu3Cs5h8lzrgDU1$5db78e7c10c23ac0495f7ab7818937035d2ca4834dc5a66fa39bdc2d947f421c',
      goodPassword,
    ],
    [
      'PBKDF2 of Werkzeug, SHA-512',
      'pbkdf2:sha512:1200$SfT3mU5ptrilsCRx$11de0d4984c44f4ed9be932b691a947e8cb9725b280d835970a32281d63edaf38a70ce5da7ee74acc3c20eaafdc680d14e9126ccb77a151a25555745d1fe8f33',
      goodPassword,
    ],
  ];

export const firebaseVector = {
  project: {
    signerKey: Buffer.from(
      'jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==',
      'base64',
    ),
    saltSeparator: Buffer.from('Bw==', 'base64'),
    rounds: 8,
    memoryCost: 14,
  },
  salt: '42xEC+ixf3L2lw==',
  hash: 'lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==',
  password: 'user1password',
};
