// Before the page is drawn: the theme that the reader chose here earlier; without one, the system's.
try { document.documentElement.dataset.theme = localStorage.getItem("theme") || ""; } catch { /* storage is off */ }
