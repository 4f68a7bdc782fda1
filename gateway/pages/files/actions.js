// Something that a person asks for: at most one at a time, told in words, and safe to ask for again.

import { ApiError, BookedError } from './booked.js';
import { useCallback, useState } from './preact.js';
import { clear, tell } from './notices.js';
import { endSession } from './session.js';
import { errorText, t } from './texts.js';

/**
 * Tells what went wrong.
 * @param {unknown} error
 * @param {() => void} [again] does the same thing again, with the same key
 */
export function tellError(error, again) {
  if (error instanceof ApiError) {
    if (error.code === 'USER-06') {
      endSession();
      tell({ kind: 'bad', text: t('sessionEnded') });
      return;
    }
    const text = errorText(error.code, error.msg);
    tell({ kind: 'bad', text, again: error.outcomeUnknown || error.status === 503 ? again : undefined });
  } else if (error instanceof BookedError) {
    tell({ kind: 'bad', text: t('unknownOutcome'), again });
  } else {
    throw error;
  }
}

/**
 * An action, and the name of the one that is under way. While one is, nothing else begins.
 * @returns {[string | undefined, (name: string, act: (key?: string) => Promise<void>) => void]}
 */
export function useAction() {
  const [busy, setBusy] = useState(/** @type {string | undefined} */ (undefined));
  const start = useCallback(
    (/** @type {string} */ name, /** @type {(key?: string) => Promise<void>} */ act) => {
      const attempt = async (/** @type {string | undefined} */ key = undefined) => {
        clear();
        setBusy(name);
        try {
          await act(key);
        } catch (error) {
          // With the same key, so that nothing is done twice.
          tellError(error, () => attempt(error instanceof BookedError ? error.key : undefined));
        } finally {
          setBusy(undefined);
        }
      };
      if (!busy) void attempt();
    },
    [busy],
  );
  return [busy, start];
}
