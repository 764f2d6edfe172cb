//! The registry's messages by ink!'s own client, which shares no code with this project's: what it deploys, calls and is refused on a live chain.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test may stop short")]

use ink::{codegen::TraitCallBuilder, env::call::FromAccountId, primitives::AccountId};
use ink_e2e::{
    alice, bob, charlie, events::ContractEmitted, ContractsBackend, Keypair, PolkadotConfig, RpcClient,
};
use office::OfficeRef;
use registry::RegistryRef;
use shared::{
    ids::CouponId,
    psp34::{Id, PSP34Error, PSP34},
    registry::{CouponRegistry, RegistryError},
    terms::{Benefit, Terms, Window},
};
use std::{env, path::PathBuf};

type Client = ink_e2e::Client<PolkadotConfig, ink::env::DefaultEnvironment>;

/// In milliseconds.
const YEAR: u64 = 365 * 24 * 60 * 60 * 1_000;

async fn client() -> Client {
    let endpoint = env::var("CONTRACTS_NODE_URL").expect("run this by `make live`");
    let built = PathBuf::from(env::var("COUPONRY_BUNDLES").expect("run this by `make live`"));
    let contracts = ["office", "desk", "registry"].map(|name| built.join(name).with_extension("wasm"));
    Client::new(RpcClient::from_url(endpoint).await.unwrap(), contracts).await.unwrap()
}

fn account(key: &Keypair) -> AccountId {
    AccountId::from(key.public_key().0)
}

/// A registry of its own, and its office.
async fn opened(client: &mut Client) -> (RegistryRef, OfficeRef) {
    for code in ["office", "desk"] {
        client.upload(code, &alice()).submit().await.unwrap();
    }
    let mut constructor = RegistryRef::new([7; 32]);
    let made = client.instantiate("registry", &alice(), &mut constructor).submit().await.unwrap();
    let registry = RegistryRef::from_account_id(made.account_id);
    let branches: ink::contract_ref!(CouponRegistry, ink::env::DefaultEnvironment) = made.account_id.into();
    let told = client.call(&alice(), &branches.call().branches()).dry_run().await.unwrap();
    let (office, _) = told.return_value();
    (registry, OfficeRef::from_account_id(office))
}

/// A campaign of Alice's with a coupon, which is Bob's.
async fn issued(client: &mut Client) -> (RegistryRef, OfficeRef, CouponId) {
    let (registry, mut office) = opened(client).await;
    let window = Window { start: 0, end: 100 * YEAR };
    let terms = Terms::plain(Benefit::PercentOff { bps: 2_000, cap: 50 }, window, 3);
    let create = office.call_mut().create_campaign(terms, b"ipfs://terms".to_vec(), 0);
    let campaign = client.call(&alice(), &create).submit().await.unwrap().return_value().unwrap();
    let issue = office.call_mut().issue(campaign, vec![account(&bob())], 1);
    let done = client.call(&alice(), &issue).submit().await.unwrap();
    assert!(done.dry_run.exec_result.storage_deposit.charge_or_zero() > 0, "a coupon takes a deposit");
    (registry, office, CouponId { campaign, serial: 1 })
}

async fn owner(client: &mut Client, registry: &RegistryRef, coupon: CouponId) -> Option<AccountId> {
    let ask = PSP34::owner_of(registry.call(), coupon.into());
    client.call(&alice(), &ask).dry_run().await.unwrap().return_value()
}

#[ink_e2e::tokio::test(crate = "ink_e2e::tokio")]
async fn a_coupon_is_issued_and_moves_by_its_holder_alone() {
    let mut client = client().await;
    let (mut registry, _, coupon) = issued(&mut client).await;
    assert_eq!(owner(&mut client, &registry, coupon).await, Some(account(&bob())));

    let id = Id::from(coupon);
    let send = PSP34::transfer(registry.call_mut(), account(&charlie()), id.clone(), Vec::new());
    let refused = client.call(&alice(), &send).dry_run().await.unwrap().return_value();
    assert_eq!(refused, Err(PSP34Error::NotApproved));
    assert!(client.call(&alice(), &send).submit().await.is_err(), "what is refused is not submitted");

    let sent = client.call(&bob(), &send).submit().await.unwrap();
    let told: Vec<_> = sent.contract_emitted_events().unwrap();
    assert_eq!(told.len(), 1, "one event");
    let ContractEmitted { contract, .. } = &told[0].event;
    assert_eq!(*contract, ink::ToAccountId::to_account_id(&registry));
    assert_eq!(owner(&mut client, &registry, coupon).await, Some(account(&charlie())));

    let again = client.call(&bob(), &send).dry_run().await.unwrap().return_value();
    assert_eq!(again, Err(PSP34Error::NotApproved));
    let nothing = CouponId { serial: 2, ..coupon };
    assert_eq!(owner(&mut client, &registry, nothing).await, None);
    let send = PSP34::transfer(registry.call_mut(), account(&charlie()), nothing.into(), Vec::new());
    let refused = client.call(&bob(), &send).dry_run().await.unwrap().return_value();
    assert_eq!(refused, Err(PSP34Error::TokenNotExists));
}

#[ink_e2e::tokio::test(crate = "ink_e2e::tokio")]
async fn a_campaign_is_its_issuers_alone_and_has_its_supply() {
    let mut client = client().await;
    let (_, mut office, coupon) = issued(&mut client).await;
    let issue = |office: &mut OfficeRef, count, source| {
        office.call_mut().issue(coupon.campaign, vec![account(&bob()); count], source)
    };
    let stolen = client.call(&bob(), &issue(&mut office, 1, 2)).dry_run().await.unwrap().return_value();
    assert_eq!(stolen, Err(RegistryError::NotOperator { caller: account(&bob()) }));
    let many = client.call(&alice(), &issue(&mut office, 3, 2)).dry_run().await.unwrap().return_value();
    assert_eq!(many, Err(RegistryError::SupplyExhausted { asked: 3, left: 2 }));
    client.call(&alice(), &issue(&mut office, 2, 2)).submit().await.unwrap();
    let twice = client.call(&alice(), &issue(&mut office, 1, 2)).dry_run().await.unwrap().return_value();
    assert_eq!(twice, Err(RegistryError::SourceUsed { source: 2 }));
}
