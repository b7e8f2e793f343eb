package Tuanbo::History::Contacts;

# The part of Checker.pm that is about whom to call: it is in no ledger, so
# what a phone is shown of it is held against what was said, by it and by
# desks.

use v5.36;

use Tuanbo::History::OrdersFor;

# An answer that took no longer than this was waited for until it was on disk;
# later ones may be promises (docs/api.md).
use constant WRITTEN_US => 400_000;
use constant NEVER => 9e18;

*said = \&Tuanbo::History::OrdersFor::said_contact;


sub check_contacts ($self) {
    my %said;

    for my $request (grep { $_->{do} eq 'contact' } @{ $self->{requests} }) {
        next if ($request->{code} // 0) =~ /^4/;
        my $whose = $request->{user} // $request->{for} // next;
        my $sure = Tuanbo::History::Checker::done($request)
            && $request->{t1} - $request->{t0} < WRITTEN_US;
        push @{ $said{$whose} }, { request => $request,
            words => said($request->{body}), from => $request->{t0},
            by => $sure ? $request->{t1} : NEVER };
    }
    for my $request (grep { $_->{do} eq 'me' } @{ $self->{requests} }) {
        next if !Tuanbo::History::Checker::done($request);
        $self->count('contacts shown');
        $self->check_contact($request, $said{ $request->{user} } // []);
    }
}


sub check_contact ($self, $request, $said) {
    my $contact = $request->{answer}{contact};
    my @over = grep { $_->{by} < $request->{t0} } @$said;
    my @may = grep { $_->{from} <= $request->{t1} } @$said;

    if (!defined $contact) {
        $self->problem('lost', undef, $request->{at}, 'nobody is to be'
            . " called, it says, though that was said at"
            . " $over[0]{request}{at}") if @over;
        return;
    }
    my $words = said($contact);
    my @same = grep { $_->{words} eq $words } @may;
    if (!@same) {
        $self->problem('cause', undef, $request->{at},
            "$words is to be called, and nobody had said so");
        return;
    }
    # each of these came before another that was there
    my ($later) = grep { my $last = $_; !grep { $_->{by} >= $last->{from} }
        @same } @over;
    $self->problem('answer', undef, $request->{at}, "$words is to be called,"
        . " though $later->{words} was said after, at $later->{request}{at}")
        if $later;
}


1;
