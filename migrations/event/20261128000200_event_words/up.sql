-- Words of events, by which they are found. What this makes of a text depends on no locale and no library of the
-- operating system, so that the index stays right however the server is moved or upgraded.

-- The words of a text, without regard to case and accents: texts that differ in these alone have the same words. A word
-- is what stands between blanks, punctuation and symbols; of a longer one the first 50 characters count. The case of
-- Latin, Greek, Cyrillic, Armenian and Georgian letters is known here.
CREATE FUNCTION event_words(texts text) RETURNS text[] LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS $$
DECLARE
    words text COLLATE "C" := texts;
BEGIN
    -- Only ASCII has one byte for each character.
    IF octet_length(words) > length(words) THEN
        -- Decomposed, a letter with an accent is the letter, followed by a mark.
        words := regexp_replace(
            normalize(words, NFKD), '[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]', '', 'g');
        -- Letters are looked for first, since translating takes time for each letter of the alphabet.
        IF words ~ '[\u00c6\u00de\u00df\u00e6\u00fe\u0152\u0153\u1e9e]' THEN
            words := regexp_replace(words, '[\u00c6\u00e6]', 'ae', 'g');
            words := regexp_replace(words, '[\u00de\u00fe]', 'th', 'g');
            words := regexp_replace(words, '[\u00df\u1e9e]', 'ss', 'g');
            words := regexp_replace(words, '[\u0152\u0153]', 'oe', 'g');
        END IF;
        IF words ~ '[\u00d0\u00d8\u00f0\u00f8\u0110-\u01b7]' THEN
            words := translate(words, 'ØøÐðĐđĦħŁłŦŧıŊƁƆƉƊƎƏƐƓƔƖƗƘƝƟƳƵƷ', 'ooddddhhllttiŋɓɔɖɗǝəɛɠɣɩɨƙɲɵƴƶʒ');
        END IF;
        IF words ~ '[\u0370-\u03ff]' THEN
            words := translate(words,
                'ΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩς',
                'αβγδεζηθικλμνξοπρστυφχψωσ');
        END IF;
        IF words ~ '[\u0400-\u052f]' THEN
            words := translate(words,
                'ЂЄЅІЈЉЊЋЏАБВГДЕЖЗИКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰ'
                'ҲҴҶҸҺҼҾӀӃӅӇӉӋӍӔӘӠӨӶӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮ',
                'ђєѕіјљњћџабвгдежзиклмнопрстуфхцчшщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұ'
                'ҳҵҷҹһҽҿӏӄӆӈӊӌӎӕәӡөӷӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯ');
        END IF;
        IF words ~ '[\u0531-\u0556]' THEN
            words := translate(words,
                'ԱԲԳԴԵԶԷԸԹԺԻԼԽԾԿՀՁՂՃՄՅՆՇՈՉՊՋՌՍՎՏՐՑՒՓՔՕՖ',
                'աբգդեզէըթժիլխծկհձղճմյնշոչպջռսվտրցւփքօֆ');
        END IF;
        IF words ~ '[\u1c90-\u1cbf]' THEN
            words := translate(words,
                'ᲐᲑᲒᲓᲔᲕᲖᲗᲘᲙᲚᲛᲜᲝᲞᲟᲠᲡᲢᲣᲤᲥᲦᲧᲨᲩᲪᲫᲬᲭᲮᲯᲰᲱᲲᲳᲴᲵᲶᲷᲸᲹᲺᲽᲾᲿ',
                'აბგდევზთიკლმნოპჟრსტუფქღყშჩცძწჭხჯჰჱჲჳჴჵჶჷჸჹჺჽჾჿ');
        END IF;
        words := regexp_replace(
            words, '[\u0080-\u00bf\u00d7\u00f7\u060c\u061b\u061f\u0964\u0965\u2000-\u206f\u20a0-\u20cf\u2100-\u2bff'
            '\u2e00-\u2e7f\u3000-\u3003\u3008-\u3020\u3030\U0001f000-\U0001faff]', ' ', 'g');
    END IF;
    words := regexp_replace(lower(words), '[\x01-\x2f\x3a-\x60\x7b-\x7f]+', ' ', 'g');
    words := regexp_replace(words, '([^ ]{50})[^ ]+', '\1', 'g');
    RETURN array_remove(string_to_array(words, ' '), '');
END
$$;

-- Writers wait while it is built, which takes some ten seconds for a hundred thousand events; readers do not.
CREATE INDEX events_by_words ON events
    USING gin (array_to_tsvector(event_words(name || ' ' || address || ' ' || description))) WITH (fastupdate = off)
    WHERE deleted_at IS NULL;

-- The plan of a search does not depend on statistics, and collecting them would take all the words apart again.
ALTER INDEX events_by_words ALTER COLUMN 1 SET STATISTICS 0;
