use v5.36;
use Tuanbo::Test;
use Tuanbo::Test::Postgres;

# The clerk's databases: the same statements on SQLite and on PostgreSQL.

my $root = Tuanbo::Test->root;
my $dir = File::Temp->newdir;
my $postgres = Tuanbo::Test::Postgres->new;
my @databases = (SQLite => "$dir/tested.db", PostgreSQL => $postgres->at);

$ENV{LUA_PATH} = "$root/lua/?.lua;;";

while (my ($name, $at) = splice @databases, 0, 2) {
    subtest $name => sub {
        open my $said, '-|', 'luajit', "$root/t/office/database.lua", $at
            or die "luajit: $!\n";

        while (my $line = readline $said) {
            if ($line =~ /^(not )?ok \d+ - (.*)/) {
                ok(!$1, $2);
            }
            elsif ($line =~ /^1\.\.(\d+)/) {
                is(Test::More->builder->current_test, $1, 'all of them');
            }
        }

        ok(close $said, 'it came to its end');
    };
}

done_testing;
