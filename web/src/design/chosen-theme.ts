// Runs before anything is drawn, so that a chosen theme does not flash the other one.
try {
  const theme = localStorage.getItem('adl:theme');
  if (theme !== null) document.documentElement.dataset.theme = theme;
} catch {
  // Without storage the system's theme is used.
}
