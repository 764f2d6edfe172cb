//! Questions that many ask of the audited history, as views over its tables.

/// Every view.
pub(in crate::audit) const VIEWS: &str = "
-- Who held each coupon from when until when; the last two are null where it is still so. At block N: `WHERE from_block <= N AND (to_block IS NULL OR to_block > N)`.
CREATE VIEW held AS
  SELECT campaign, serial, holder, from_block, from_time, to_block, to_time FROM (
    SELECT campaign, serial, receiver AS holder, block AS from_block, time AS from_time, LEAD(block) OVER life AS to_block, LEAD(time) OVER life AS to_time
      FROM transfers WINDOW life AS (PARTITION BY campaign, serial ORDER BY block, idx))
  WHERE holder IS NOT NULL;
-- All that happened to each coupon, in order. `account` did it or had it done to them, `other` is whom it concerned besides; `value` is a discount, a price, what was paid
-- or the stars. A coupon that `came` is a token from then on, one that is `gone` no more; the event just after either, or before, says why.
CREATE VIEW coupon_lives AS
  SELECT campaign, serial, block, idx, time, CASE WHEN sender IS NULL THEN 'came' WHEN receiver IS NULL THEN 'gone' ELSE 'sent' END AS what,
      COALESCE(sender, receiver) AS account, CASE WHEN sender IS NOT NULL THEN receiver END AS other, NULL AS value FROM transfers
  UNION ALL SELECT campaign, serial, block, idx, redeemed_at, 'redeemed', holder, acceptor, discount FROM uses JOIN redemptions USING (acceptor, number)
  UNION ALL SELECT campaign, serial, block, idx, time, CASE WHEN in_part THEN 'rolled back in part' ELSE 'rolled back' END, acceptor, holder, NULL
      FROM rollbacks JOIN uses USING (acceptor, number)
  UNION ALL SELECT campaign, serial, block, idx, time, 'rated', ratings.holder, acceptor, stars FROM ratings JOIN uses USING (acceptor, number)
      WHERE uses.holder = ratings.holder
  UNION ALL SELECT campaign, serial, block, idx, time, 'reserved', acceptor, NULL, NULL FROM reservations
  UNION ALL SELECT campaign, serial, block, idx, opened_at, 'listed', seller, reserved_for, price FROM listings
  UNION ALL SELECT campaign, serial, block, idx, time, 'dealt', sender, receiver, NULL FROM dealt
  UNION ALL SELECT campaign, serial, block, idx, time, change, NULL, NULL, value FROM card_changes
  UNION ALL SELECT campaign, serial, block, idx, time, 'expired', NULL, NULL, to_holder FROM expiries
  UNION ALL SELECT campaign, serial, block, idx, time, 'revoked', NULL, NULL, paid FROM revocations
  ORDER BY campaign, serial, block, idx;
-- How far each campaign's coupons came. `handed_out` counts coupons that came from the issuer, not parts of cards; `redeemed` those of which a use stands; `orders` and `discounts` are
-- what stands of them; `stars` is the mean rating.
CREATE VIEW campaign_funnels AS
  SELECT number AS campaign, issuer, supply, issued AS handed_out,
    (SELECT COUNT(DISTINCT serial) FROM listings WHERE campaign = campaigns.number) AS listed,
    (SELECT COUNT(*) FROM dealt WHERE campaign = campaigns.number) AS dealt,
    (SELECT COUNT(DISTINCT serial) FROM uses WHERE campaign = campaigns.number AND stands) AS redeemed,
    (SELECT COUNT(DISTINCT acceptor || ' ' || number) FROM uses WHERE campaign = campaigns.number AND stands) AS orders,
    (SELECT COUNT(DISTINCT holder) FROM uses WHERE campaign = campaigns.number AND stands) AS customers,
    (SELECT COALESCE(SUM(kept), 0) FROM uses WHERE campaign = campaigns.number AND stands) AS discounts,
    (SELECT COUNT(*) FROM uses WHERE campaign = campaigns.number AND NOT stands) AS rolled_back,
    (SELECT COUNT(*) FROM expiries WHERE campaign = campaigns.number) AS expired,
    (SELECT COUNT(*) FROM revocations WHERE campaign = campaigns.number) AS revoked,
    (SELECT AVG(stars) FROM ratings JOIN uses USING (acceptor, number) WHERE campaign = campaigns.number AND uses.holder = ratings.holder) AS stars
  FROM campaigns ORDER BY number;
";
