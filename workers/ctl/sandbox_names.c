/* sandbox_names: lists of our own; some with accents, apostrophes and hyphens, because people have them. */
#include "workers/ctl/sandbox_names.h"

static const char *const first_names[] = {
    "Aaliyah",  "Aaron",   "Abigail",   "Adam",     "Adele",    "Aisha",    "Alan",     "Alex",    "Alice",
    "Alison",   "Amara",   "Amelia",    "Amir",     "Amy",      "Andrew",   "Angela",   "Anita",   "Anna",
    "Anthony",  "Arthur",  "Ayesha",    "Barbara",  "Ben",      "Beth",     "Brian",    "Callum",  "Carol",
    "Carys",    "Cerys",   "Charlotte", "Chidi",    "Chloë",    "Claire",   "Colin",    "Connor",  "Craig",
    "Daisy",    "Daniel",  "David",     "Deborah",  "Declan",   "Dominic",  "Donna",    "Edith",   "Eleanor",
    "Elijah",   "Ella",    "Emily",     "Emma",     "Eoin",     "Esther",   "Ethan",    "Eve",     "Farah",
    "Fatima",   "Fiona",   "Florence",  "Frances",  "Gareth",   "George",   "Georgia",  "Grace",   "Graham",
    "Gwen",     "Hannah",  "Harriet",   "Harry",    "Hassan",   "Helen",    "Henry",    "Holly",   "Hugo",
    "Ibrahim",  "Imogen",  "Isaac",     "Isla",     "Jack",     "Jacob",    "James",    "Jasmine", "Jenna",
    "Joanne",   "Joe",     "John",      "Joseph",   "Joshua",   "Joyce",    "Julia",    "Karen",   "Kathryn",
    "Keiran",   "Kwame",   "Lauren",    "Layla",    "Leah",     "Leo",      "Lewis",    "Liam",    "Lily",
    "Louise",   "Lucy",    "Luke",      "Maeve",    "Manjit",   "Marcus",   "Margaret", "Mark",    "Martha",
    "Maryam",   "Matthew", "Megan",     "Mei",      "Michael",  "Mohammed", "Nadia",    "Naomi",   "Natalie",
    "Nathan",   "Niamh",   "Nikhil",    "Noah",     "Oliver",   "Olivia",   "Omar",     "Oscar",   "Owen",
    "Patricia", "Paul",    "Peter",     "Philippa", "Priya",    "Rachel",   "Rajesh",   "Rebecca", "Renée",
    "Rhys",     "Richard", "Robert",    "Rosie",    "Ruby",     "Ruth",     "Ryan",     "Samira",  "Samuel",
    "Sara",     "Sean",    "Shanice",   "Siân",     "Simon",    "Sophie",   "Stephen",  "Susan",   "Tariq",
    "Temi",     "Theo",    "Thomas",    "Tracey",   "Victoria", "William",  "Yasmin",   "Yusuf",   "Zara",
    "Zoë",      "Zofia",
};

static const char *const last_names[] = {
    "Abara",     "Adams",     "Adeyemi",   "Ahmed",       "Akhtar",   "Ali",       "Allen",     "Anderson",
    "Armstrong", "Atkinson",  "Bailey",    "Baker",       "Banerjee", "Barker",    "Barnes",    "Begum",
    "Bell",      "Bennett",   "Booth",     "Bradley",     "Brennan",  "Brooks",    "Brown",     "Burke",
    "Butler",    "Campbell",  "Carr",      "Carter",      "Chapman",  "Chaudhry",  "Chen",      "Clark",
    "Clarke",    "Cole",      "Collins",   "Cook",        "Cooper",   "Cox",       "Davies",    "Davis",
    "Dawson",    "Dean",      "Dixon",     "Doyle",       "Driscoll", "Edwards",   "Ellis",     "Evans",
    "Farrell",   "Fisher",    "Fletcher",  "Foster",      "Fox",      "Francis",   "Gallagher", "Gardner",
    "Gibson",    "Gill",      "Gordon",    "Graham",      "Grant",    "Gray",      "Green",     "Griffiths",
    "Hall",      "Hamilton",  "Harper",    "Harris",      "Harrison", "Hart",      "Harvey",    "Hassan",
    "Henderson", "Hill",      "Holmes",    "Hopkins",     "Houghton", "Howard",    "Hughes",    "Hunt",
    "Hussain",   "Iqbal",     "Jackson",   "James",       "Jenkins",  "Johnson",   "Johnston",  "Jones",
    "Kaur",      "Kelly",     "Kennedy",   "Khan",        "King",     "Knight",    "Kowalska",  "Lambert",
    "Lawrence",  "Lawson",    "Lee",       "Lewis",       "Lloyd",    "MacDonald", "Mahmood",   "Malik",
    "Marsh",     "Marshall",  "Martin",    "Mason",       "Matthews", "McCarthy",  "Mehta",     "Miller",
    "Mills",     "Mitchell",  "Moore",     "Morgan",      "Morris",   "Murphy",    "Murray",    "Nguyen",
    "Nowak",     "O'Brien",   "O'Connor",  "O'Neill",     "Okafor",   "Osei",      "Owen",      "Palmer",
    "Parker",    "Patel",     "Pearson",   "Perry",       "Phillips", "Poole",     "Powell",    "Price",
    "Qureshi",   "Rahman",    "Reid",      "Reynolds",    "Richards", "Roberts",   "Robinson",  "Rogers",
    "Rose",      "Ross",      "Russell",   "Ryan",        "Saunders", "Scott",     "Shah",      "Sharma",
    "Shaw",      "Siddiqui",  "Simpson",   "Singh",       "Smith",    "Spencer",   "Stevens",   "Stewart",
    "Stone",     "Sullivan",  "Taylor",    "Thomas",      "Thompson", "Tran",      "Tucker",    "Turner",
    "Vaughan",   "Walker",    "Walsh",     "Ward",        "Watson",   "Watts",     "Webb",      "West",
    "White",     "Whitfield", "Wilkinson", "Williams",    "Wilson",   "Wong",      "Wood",      "Wright",
    "Yeung",     "Young",     "Zhang",     "Smith-Jones", "Núñez",
};

const char *sandbox_first_name(struct sandbox_random *random)
{
    return first_names[sandbox_random_below(random, sizeof first_names / sizeof first_names[0])];
}

const char *sandbox_last_name(struct sandbox_random *random)
{
    return last_names[sandbox_random_below(random, sizeof last_names / sizeof last_names[0])];
}
