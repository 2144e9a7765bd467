// One way to ask the collector.

const PATIENCE = 15_000;

/** The answer to a question; undefined where somebody has to sign in, which is then where the page goes. */
export async function ask(path, headers = {}, more = {}) {
  const answer = await fetch(path, { headers, cache: "no-store", signal: AbortSignal.timeout(PATIENCE), ...more });
  if (answer.status === 401) {
    location.assign("/login");
    return undefined;
  }
  return answer;
}

/** What went wrong, in words. */
export const told = (error) => (error.name === "TypeError" ? "The collector is not reachable." : error.name === "TimeoutError" ? "The collector takes too long." : error.message);

/** A JSON answer, or an error in words. */
export async function json(path) {
  const answer = await ask(path);
  if (answer === undefined) return undefined;
  if (!answer.ok) throw new Error(await detail(answer));
  return answer.json();
}

export async function detail(answer) {
  try {
    return (await answer.json()).detail ?? `The collector answers ${answer.status}.`;
  } catch {
    return `The collector answers ${answer.status}.`;
  }
}

/** Have the browser save an answer as a file. */
export async function save(path, type, name) {
  const answer = await ask(path, { Accept: type });
  if (!answer?.ok) return;
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await answer.blob());
  link.download = name;
  link.click();
  URL.revokeObjectURL(link.href);
}
