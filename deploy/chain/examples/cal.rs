#![allow(clippy::all, clippy::arithmetic_side_effects)]
use chain::*;
use ink::env::{
    call::{build_call, ExecutionInput, Selector},
    DefaultEnvironment,
};
use scale::Encode;
fn sel(n: &str) -> [u8; 4] {
    let h = ink_blake(n);
    [h[0], h[1], h[2], h[3]]
}
fn ink_blake(n: &str) -> [u8; 32] {
    sp_core::hashing::blake2_256(n.as_bytes())
}
fn main() {
    let ann = Keypair::named("ann").account();
    let ben = Keypair::named("ben").account();
    let u = runtime::UNIT;
    let mut c = EmbeddedChain::new(Genesis {
        endowed: vec![(ann, 1_000_000 * u), (ben, 1000 * u)],
        time: 1,
        ..Default::default()
    })
    .unwrap();
    for (name, size) in [("erc20", 10521u64), ("erc721", 14354)] {
        let w = std::fs::read(format!("/tmp/{name}.wasm")).unwrap();
        let (h, _) = c.upload(ann, &w).unwrap();
        let data = if name == "erc20" {
            [&sel("new")[..], &1000u128.encode()].concat()
        } else {
            sel("new").to_vec()
        };
        let (k, _) = c.instantiate(ann, h, 0, data, vec![]).unwrap();
        let mut go = |c: &mut EmbeddedChain, m: &str, args: Vec<u8>| {
            let o = c.call(ann, k, 0, [&sel(m)[..], &args].concat()).unwrap();
            let d = size - w.len() as u64;
            println!("{name} {m} size {} ref {:.4e} proof {} touches {} topics {} | at table size: ref {:.4e} proof {} data {:?}",w.len(),o.cost.ref_time as f64,o.cost.proof_size,o.cost.touches,o.cost.topics,(o.cost.ref_time+700*d) as f64,o.cost.proof_size+d,o.data);
        };
        if name == "erc20" {
            go(&mut c, "transfer", (ben, 10u128).encode());
            go(&mut c, "transfer", (ben, 10u128).encode());
        } else {
            go(&mut c, "mint", 1u32.encode());
            go(&mut c, "mint", 2u32.encode());
            go(&mut c, "transfer", (ben, 1u32).encode());
            go(&mut c, "transfer", (ben, 2u32).encode());
            go(&mut c, "mint", 3u32.encode());
            go(&mut c, "burn", 3u32.encode());
        }
        if name == "erc20" {
            let t = std::time::Instant::now();
            let n = 5000u32;
            let mut worst = 0u128;
            for i in 0..n {
                let mut a = [0u8; 32];
                a[..4].copy_from_slice(&i.to_le_bytes());
                let s = std::time::Instant::now();
                c.call(ann, k, 0, [&sel("transfer")[..], &(a, 0u128).encode()].concat()).unwrap();
                worst = worst.max(s.elapsed().as_micros());
            }
            println!("{n} calls {:.0}/s worst {worst}us", n as f64 / t.elapsed().as_secs_f64());
            let t = std::time::Instant::now();
            for _ in 0..1000 {
                c.view(ann, k, 0, [&sel("balance_of")[..], &ann.encode()].concat()).unwrap();
            }
            println!("views {:.0}/s", 1000.0 / t.elapsed().as_secs_f64());
            let t = std::time::Instant::now();
            let s = c.snapshot();
            println!("snapshot {:?}", t.elapsed());
            let t = std::time::Instant::now();
            let s2 = c.snapshot();
            println!("snapshot again {:?}", t.elapsed());
            drop(s2);
            let t = std::time::Instant::now();
            c.restore(&s);
            println!("restore {:?}", t.elapsed());
            let t = std::time::Instant::now();
            c.save(std::path::Path::new("/tmp/cal/x.couponry")).unwrap();
            println!("save {:?} {} B", t.elapsed(), std::fs::metadata("/tmp/cal/x.couponry").unwrap().len());
            let _ = build_call::<DefaultEnvironment>;
            let _ = ExecutionInput::new(Selector::new([0; 4]));
        }
    }
}
