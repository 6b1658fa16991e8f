//! What stands before the name of a resource, in both languages; nothing before a server's id.

use crate::kind::Kind;

pub(super) fn kind_en(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "",
        Kind::Database => "database ",
        Kind::Cluster => "database cluster ",
        Kind::ContainerService => "ECS service ",
        Kind::Group => "Auto Scaling group ",
        Kind::ScalableTarget => "scaling of ECS service ",
    }
}

pub(super) fn kind_ja(kind: Kind) -> &'static str {
    match kind {
        Kind::Server => "",
        Kind::Database => "データベース ",
        Kind::Cluster => "データベースクラスター ",
        Kind::ContainerService => "ECS サービス ",
        Kind::Group => "Auto Scaling グループ ",
        Kind::ScalableTarget => "ECS サービスのスケーリング ",
    }
}
