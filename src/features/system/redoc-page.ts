export const redocPage = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>API reference</title>
  </head>
  <body>
    <redoc spec-url="/openapi.json" disable-search="true" hide-hostname="true"></redoc>
    <script src="/redoc/redoc.standalone.js"></script>
  </body>
</html>
`;
