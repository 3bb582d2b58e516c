-- Who rotated the refresh token last, where that was a page in cookie mode: a keyed digest of the network and the user
-- agent, bound to the generation. Only the same page is given the same successor for the old cookie.
ALTER TABLE sessions ADD COLUMN rotated_by_hash bytea;
