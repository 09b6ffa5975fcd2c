if(length(text) = lengthUTF8(text), lower(text), normalizeUTF8NFKC(replaceRegexpAll(normalizeUTF8NFKD(caseFoldUTF8(text)), '[\\x{300}-\\x{36F}\\x{FE00}-\\x{FE0F}]+', '')))
