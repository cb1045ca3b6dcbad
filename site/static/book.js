// Sphinx's search fetches each page it finds to show an excerpt. Browsers forbid that for files opened from a disk:
// there, list the titles only.
if (location.protocol === "file:") {
  DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;
}
