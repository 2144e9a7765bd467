// A link may bring the token, behind a `#`: that part of an address is sent to no server and is no referrer. It is taken
// out of the address bar at once, so that neither a bookmark nor the history keeps it.
const token = new URLSearchParams(location.hash.slice(1)).get("token");
if (token) {
  history.replaceState(null, "", location.pathname);
  document.querySelector("#token").value = token;
  document.querySelector("form").submit();
}
