//! Coupons at tills and in web shops: spent one by one, in a till's backlog, and rolled back.
use super::{innermost, Done, Play, Refused, Running, BACKLOG_LIFE, ORDER_LIFE};
use crate::{
    commands::order::alliance_for,
    demo::scenario::{amount, OrderRow, RollbackRow, Way},
    orders::{basket_hash, sign_order, sign_spend},
    refusals::{Refusal, Words},
};
use chain::{Balance, Chain, Keypair};
use ink::codegen::TraitCallBuilder;
use shared::{
    coupons::Coupon,
    ids::CouponId,
    ledger::items,
    order::{Order, Settlement},
    permit::{CouponPermit, Permits},
    registry::CouponRegistry,
    Hash,
};

impl Play<'_> {
    pub(super) fn order(&mut self, row: &OrderRow) -> Done {
        if row.campaign.is_empty() {
            self.count("sales without a coupon");
            return Ok(());
        }
        let Running { campaign, .. } = self.running(&row.campaign)?;
        let (acceptor, holder) = (Keypair::named(&row.acceptor), Keypair::named(&row.consumer));
        let through = alliance_for(&campaign.terms.acceptance, campaign.issuer, acceptor.account());
        let coupon = self.coupon_of(&row.consumer, &row.campaign)?;
        let life = if row.way == Way::Backlog { BACKLOG_LIFE } else { ORDER_LIFE };
        let deadline = self.desk.session.chain.now().saturating_add(life);
        let goods = basket_hash(&[0; 32], &format!("{} {}", row.acceptor, row.number));
        let order = Order {
            eligible: amount(&row.eligible)?,
            deadline,
            settlement: if row.way == Way::Web { Settlement::OnChain } else { Settlement::OffChain },
            ..self.order_at(&row.acceptor, row.number, amount(&row.basket)?, goods)
        };
        let domain = self.desk.domain();
        let redemption = match row.way {
            Way::Backlog => {
                let permit = Some(sign_spend(&domain, &holder, 0, coupon.into(), &order, deadline).permit);
                let coupons = vec![CouponPermit { presented: coupon.into(), permit }];
                let taken =
                    (order, Permits { acceptor: None, coupons }, row.consumer.clone(), row.campaign.clone());
                self.backlog.entry(row.acceptor.clone()).or_default().push(taken);
                return Ok(());
            }
            Way::Till => {
                let permit = Some(sign_spend(&domain, &holder, 0, coupon.into(), &order, deadline).permit);
                let permits = Permits {
                    acceptor: None,
                    coupons: vec![CouponPermit { presented: coupon.into(), permit }],
                };
                if through.is_some() {
                    let message =
                        self.desk.alliance().call_mut().redeem(self.desk.suite.registry, (order, permits));
                    self.send(&row.acceptor, 0, message, Words::alliance)?
                } else {
                    let message = self.desk.registry().call_mut().redeem(order, permits);
                    self.send(&row.acceptor, 0, message, Words::registry)?
                }
            }
            Way::Web => {
                let signed = Some(sign_order(&domain, &acceptor, 0, &[coupon.into()], &order));
                let permits = Permits {
                    acceptor: signed,
                    coupons: vec![CouponPermit { presented: coupon.into(), permit: None }],
                };
                let basket = order.basket;
                let message = self.desk.registry().call_mut().redeem(order, permits);
                // What is over comes back.
                self.send(&row.consumer, basket, message, Words::registry)?
            }
        };
        self.count(match (row.way, redemption.alliance) {
            (Way::Till | Way::Backlog, None) => "coupons spent at tills",
            (Way::Till | Way::Backlog, Some(_)) => "coupons of another shop honoured",
            (Way::Web, _) => "coupons spent in web shops",
        });
        if redemption.uses.iter().all(|used| used.left_after == 0) {
            self.take(&row.consumer, &row.campaign, coupon);
        }
        let key = (row.acceptor.clone(), row.number);
        self.redeemed.insert(key, (redemption, row.consumer.clone(), row.campaign.clone()));
        Ok(())
    }

    /// An order of goods that may all be discounted, paid at a till within minutes.
    pub(super) fn order_at(&self, acceptor: &str, number: u64, basket: Balance, basket_hash: Hash) -> Order {
        Order {
            acceptor: Keypair::named(acceptor).account(),
            number,
            basket,
            eligible: basket,
            basket_hash,
            deadline: self.now().saturating_add(ORDER_LIFE),
            settlement: Settlement::OffChain,
        }
    }

    /// What tills without a line took since the last time goes to the registry, each till's in one call.
    pub(super) fn submit_backlog(&mut self) -> Result<(), Refusal> {
        for (acceptor, taken) in std::mem::take(&mut self.backlog) {
            let orders = taken.iter().map(|(order, permits, ..)| (order.clone(), permits.clone())).collect();
            let message = self.desk.registry().call_mut().redeem_batch(orders);
            let account = Keypair::named(&acceptor).account();
            let (results, _) = self.desk.session.send(account, 0, message, Words::registry)?;
            let count = results.len();
            for (result, (order, permits, consumer, campaign)) in results.into_iter().zip(taken) {
                match result {
                    Ok(_) => {
                        for spent in permits.coupons {
                            let coupon = spent.presented.coupon;
                            let lives: Option<Coupon> = self.desk.item(items::COUPONS, &coupon.to_u64())?;
                            if lives.is_none() {
                                self.take(&consumer, &campaign, coupon);
                            }
                        }
                    }
                    Err(error) => {
                        let reason = format!("orders.csv {}", innermost(&error));
                        let refused = self.refused.entry(reason).or_default();
                        *refused = refused.saturating_add(1);
                        let why = self.desk.session.words.registry(&error).what;
                        self.tell(&format!("   refused: {acceptor}'s order {}: {why}", order.number))?;
                    }
                }
            }
            self.tell(&format!(
                "   {acceptor}'s till is online again and submits {count} orders in one call"
            ))?;
        }
        Ok(())
    }

    pub(super) fn roll_back(&mut self, row: &RollbackRow) -> Done {
        let key = (row.acceptor.clone(), row.number);
        let (redemption, consumer, campaign) = self.redeemed.remove(&key).ok_or_else(|| Refused {
            reason: "NoRedemption".into(),
            why: Refusal::new(
                format!("{} has redeemed no order {}", row.acceptor, row.number),
                "see orders.csv",
            ),
        })?;
        let paid = redemption.payer.map_or(0, |_| redemption.net);
        let value = redemption.paid_from_escrow().saturating_add(paid);
        let coupons: Vec<CouponId> = redemption.uses.iter().map(|used| used.coupon).collect();
        if redemption.alliance.is_some() {
            let registry = self.desk.suite.registry;
            let message = self.desk.alliance().call_mut().roll_back(registry, value, (redemption, None));
            self.send(&row.acceptor, value, message, Words::alliance)?;
        } else {
            let message = self.desk.service_desk().call_mut().roll_back(redemption, None);
            self.send(&row.acceptor, value, message, Words::registry)?;
        }
        for coupon in coupons {
            self.put(&consumer, &campaign, coupon);
        }
        self.count("purchases returned");
        Ok(())
    }
}
