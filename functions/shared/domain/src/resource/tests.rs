use super::*;

fn tags(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
}

#[test]
fn without_the_app_tag_a_server_is_not_ours() {
    assert_eq!(opted(Kind::Server, &tags(&[("lockstep:services", "a.service")])), Opted::Out);
}

#[test]
fn exclude_always_wins() {
    assert_eq!(
        opted(Kind::Server, &tags(&[("lockstep:app", "orders"), ("lockstep:exclude", "TRUE")])),
        Opted::Excluded
    );
}

#[test]
fn units_are_kept_in_tag_order() {
    let Opted::In { units, tier, .. } = opted(
        Kind::Server,
        &tags(&[("lockstep:app", "orders"), ("lockstep:services", "z.service  a.service"), ("lockstep:tier", "2")]),
    ) else {
        panic!("opted in")
    };
    assert_eq!(units.iter().map(UnitName::as_str).collect::<Vec<_>>(), ["z.service", "a.service"]);
    assert_eq!(tier, 2);
}

#[test]
fn a_tag_that_cannot_be_read_leaves_the_server_alone_and_says_why() {
    for (tag, value, rule) in
        [("lockstep:services", "a.service; rm", "bad_unit_name"), ("lockstep:tier", "first", "bad_tier")]
    {
        let Opted::Unreadable(refusal) = opted(Kind::Server, &tags(&[("lockstep:app", "orders"), (tag, value)])) else {
            panic!("{tag} {value}")
        };
        assert_eq!(refusal.rule, rule);
    }
}

#[test]
fn an_id_tells_its_kind_and_what_aws_calls_the_resource() {
    for (kind, name, id) in [
        (Kind::Server, "i-0abc", "i-0abc"),
        (Kind::Database, "orders-1", "db:orders-1"),
        (Kind::Cluster, "orders", "cluster:orders"),
        (Kind::ContainerService, "shop/web", "ecs:shop/web"),
        (Kind::Group, "shop", "group:shop"),
        (Kind::ScalableTarget, "service/shop/web", "scaling:service/shop/web"),
    ] {
        let made = ResourceId::new(kind, name).unwrap();
        assert_eq!((made.as_str(), made.kind(), made.name()), (id, kind, name));
    }
    let shown = ResourceId::new(Kind::ScalableTarget, "service/service/web").unwrap();
    assert_eq!(shown.shown(), "service/web", "the name of its service, whose cluster may be called anything");
    let of_scaling = ["ecs:web", "ecs:shop/", "ecs:shop/a b", "group:", "group:a:b", "scaling:shop/web"];
    let others = ["i-", "i-xyz", "db:", "db:1st", "cluster:a b", "orders", "vol-1", ""];
    for bad in of_scaling.into_iter().chain(others) {
        assert_eq!(ResourceId::parse(bad).unwrap_err().rule, "bad_resource_id", "{bad}");
    }
}

#[test]
fn both_vocabularies_of_states_are_read() {
    let read = |word: &str| serde_json::from_value::<State>(word.into()).unwrap();
    assert_eq!((read("running"), read("available")), (State::Running, State::Running));
    assert_eq!((read("starting"), read("backing-up")), (State::Pending, State::Busy));
    assert_eq!(read("inaccessible-encryption-credentials-recoverable"), State::Inaccessible);
    assert_eq!(read("inaccessible-encryption-credentials"), State::Lost);
}
